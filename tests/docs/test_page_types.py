"""The code on the pages is well typed, as a reader's type checker sees it."""

import subprocess
import sys

from tests.docs.blocks import blocks
from tests.docs.test_pages import DOCS, PAGES

ROOT = DOCS.parent
SERVER = "from buildkite_rest.mock import MockServer; server: MockServer"
"""Names that hidden code may use, in place of the title of the page."""


def program(markdown: str) -> str:
    """Return the code of a page, on the same lines as on the page."""
    lines = [SERVER]
    for block in blocks(markdown):
        if block.language in ("python", "hidden") and block.requires is None:
            lines += [""] * (block.line - len(lines)) + block.text.splitlines()
    return "\n".join(lines) + "\n"


def errors(pages, folder):
    """Return the errors of `mypy --strict` in the code of all pages, in one run."""
    for name, markdown in pages.items():
        module = name.removesuffix(".md").replace("/", "_").replace("-", "_")
        (folder / f"{module}.py").write_text(program(markdown), encoding="utf-8")
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'user'}", "."]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options], cwd=folder, capture_output=True, text=True, check=False
    )
    # 0 is clean and 1 has findings; any other status means that mypy did not run.
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return [line for line in done.stdout.splitlines() if ": error: " in line]


def test_code_is_well_typed(tmp_path):
    pages = {**PAGES, "README.md": ROOT / "README.md"}
    assert errors({name: path.read_text(encoding="utf-8") for name, path in pages.items()}, tmp_path) == []


def test_a_mistake_is_noticed_and_has_the_line_of_the_page(tmp_path):
    page = '# A page\n\n```python\ncount = 1\n```\n\n- An item:\n\n  ```python\n  count = "one"\n  ```\n'
    [found] = errors({"a-page.md": page}, tmp_path)
    assert found.startswith("a_page.py:10: error: Incompatible types in assignment")
