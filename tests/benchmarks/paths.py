"""Paths of the benchmarks, and the token for their servers."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SPEC = ROOT / "generated" / "_buildkite_rest" / "openapi.yaml"
MOCK = ROOT / "overrides" / "buildkite_rest" / "mock"
CACHE = ROOT / ".tools" / "bench"
MADE = CACHE / "made"
"""The output of `prepare`: the code of other generators, and the data. It is on PYTHONPATH during measurements."""
BUILDS = MADE / "builds.json"
GENERATORS = MADE / "generators.txt"
"""The names and versions of those generators."""
STOCK = MADE / "stock_client"
PYDANTIC = MADE / "pydantic_models.py"
REPORT = ROOT / "BENCHMARKS.md"
TOKEN = "a-token-for-benchmarks"
