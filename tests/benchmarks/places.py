"""Where things are, and the token that opens them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SPEC = ROOT / "generated" / "_buildkite_rest" / "openapi.yaml"
MOCK = ROOT / "overrides" / "buildkite_rest" / "mock"
CACHE = ROOT / ".tools" / "bench"
MADE = CACHE / "made"
"""What `prepare` makes: the code of other generators, and the data. On PYTHONPATH while something is measured."""
BUILDS = MADE / "builds.json"
GENERATORS = MADE / "generators.txt"
"""Which generators have made it."""
STOCK = MADE / "stock_client"
PYDANTIC = MADE / "pydantic_models.py"
REPORT = ROOT / "BENCHMARKS.md"
REMAINS = Path(__file__).parent / "remains.md"
"""What profilers have found, for the end of the report."""
PLOTS = ROOT / "docs" / "benchmarks"
TOKEN = "a-token-for-benchmarks"
