import shutil
from pathlib import Path

import pytest
from generator.bundle import read_bundle
from tests.evidence import documentation
from tests.evidence.comparison import Comparison
from tests.evidence.documentation import read_documentation
from tests.unit.generator.spec_fixture import SPEC, edit, write_spec

PROJECT = Path(__file__).parents[2]
PAGES = Path(__file__).parent / "documented"
"""Pages that document the robots spec without a difference. Tests edit copies of them."""


@pytest.fixture(autouse=True)
def _corrected(monkeypatch):
    """Correct the pages of the robots spec instead of the real ones."""
    correction = documentation.Correction("robots.md", "DELETE /robots/{}/tape", "DELETE /robots/{}")
    monkeypatch.setattr(documentation, "CORRECTIONS", (correction,))


@pytest.fixture
def edited(tmp_path):
    """Write the robots spec with edits, below `tmp_path`."""
    return lambda *edits: write_spec(tmp_path / "spec", *edits)


@pytest.fixture
def docs(tmp_path):
    """A checkout of the documentation of the robots spec."""
    return shutil.copytree(PAGES, tmp_path / "docs")


@pytest.fixture
def documented(docs):
    """Compare the robots spec, or another one, with its documentation after an edit of its pages."""

    def compare(*edits, spec=SPEC, page="robots.md"):
        for old, new in edits:
            edit(docs / "pages/apis/rest_api", page, old, new)
        comparison = Comparison(read_bundle(spec).annotated())
        comparison.add(read_documentation(docs))
        return {difference.key for difference in comparison.differences}

    return compare


@pytest.fixture(scope="session")
def real_document():
    """The document of the real spec. Do not change it."""
    return read_bundle(PROJECT / "spec").annotated()
