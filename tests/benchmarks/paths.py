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
GO_SOURCE = Path(__file__).parent / "go"
GO_DECODE = MADE / "go" / "decode"
"""A program that decodes with go-buildkite, if Go and that module are available."""
REPORT = ROOT / "BENCHMARKS.md"
PROFILES = Path(__file__).parent / "profiles.md"
"""Results of profilers, the last section of the report."""
PERFORMANCE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "benchmarks"
TOKEN = "a-token-for-benchmarks"
