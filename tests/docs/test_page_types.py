"""The code on the pages and in the examples is well typed, as a reader's type checker sees it."""

import re
import shutil

import pytest
from tests.docs.blocks import blocks
from tests.docs.test_pages import DOCS, PAGES
from tests.typing import checkers

ROOT = DOCS.parent
SERVER = "from buildkite_rest.mock import MockServer; server = MockServer()"
"""Names that hidden code may use, in place of the title of the page."""
MISSING_TYPES = re.compile(r"(pandas|polars|pyarrow).* \[import-(?:untyped|not-found)\]$")
"""Errors for packages without types, or that the tests lack."""


def program(markdown, *, only_installed=False):
    """Return the code of a page, on the same lines as on the page."""
    lines = [SERVER]
    for block in blocks(markdown):
        if block.language in ("python", "hidden") and (block.is_runnable or not only_installed):
            lines += [""] * (block.line - len(lines)) + block.text.splitlines()
    return "\n".join(lines) + "\n"


def write(pages, folder, **options):
    """Write the code of each page to a module of its own, whose name no package has."""
    for name, markdown in pages.items():
        module = name.removesuffix(".md").replace("/", "_").replace("-", "_")
        (folder / f"{module}_page.py").write_text(program(markdown, **options), encoding="utf-8")


def mypy(folder):
    """Return the errors of `mypy --strict`."""
    found = {
        name: [each for each in errors if not MISSING_TYPES.search(each)]
        for name, errors in checkers.mypy(folder).items()
    }
    return {name: errors for name, errors in found.items() if errors}


@pytest.fixture(scope="module")
def pages():
    paths = {**PAGES, "README.md": ROOT / "README.md"}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


@pytest.fixture
def examples(tmp_path):
    for path in (ROOT / "examples").glob("*.py"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_code_is_well_typed(pages, tmp_path):
    write(pages, tmp_path)
    assert mypy(tmp_path) == {}


def test_a_mistake_is_noticed_and_has_the_line_of_the_page(tmp_path):
    page = '# A page\n\n```python\ncount = 1\n```\n\n- An item:\n\n  ```python\n  count = "one"\n  ```\n'
    write({"a.md": page}, tmp_path)
    [found] = mypy(tmp_path)["a_page.py"]
    assert found.startswith("10: Incompatible types in assignment")


@pytest.mark.exhaustive
def test_pyright_accepts_the_code(pages, tmp_path):
    write(pages, tmp_path, only_installed=True)
    # The blocks of a page are one program here: a later one imports again what it needs, and some only count items.
    rules = dict.fromkeys(("reportDuplicateImport", "reportUnusedImport", "reportUnusedVariable"), False)
    assert checkers.pyright(tmp_path, **rules) == {}


@pytest.mark.exhaustive
def test_examples_are_well_typed(examples):
    assert mypy(examples) == {}


@pytest.mark.exhaustive
def test_pyright_accepts_the_examples(examples):
    # pyarrow has no types, matplotlib not all.
    unknown = ("reportUnknownMemberType", "reportUnknownVariableType", "reportUnknownArgumentType")
    assert checkers.pyright(examples, **dict.fromkeys(("reportMissingTypeStubs", *unknown), False)) == {}
