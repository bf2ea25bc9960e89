"""The list of promises has each page, and its checks exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROMISES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "tests" / "promises.yaml").read_text("utf-8"))
PAGES = ["README.md", "SECURITY.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


def test_each_page_has_its_promises_listed():
    assert sorted(PROMISES) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_each_promise_has_checks_that_exist(page):
    for entry in PROMISES[page]:
        assert set(entry) == {"promise", "checks"}
        assert entry["promise"].endswith("."), entry
        assert entry["checks"], entry
        missing = [check for check in entry["checks"] if not (ROOT / check).exists()]
        assert not missing, entry["promise"]
