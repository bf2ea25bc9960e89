"""`python -m docs.generate`: write the source of the site to `.tools/site`, from which zensical builds it."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from buildkite_rest.mock import ALL_SCOPES_TOKEN, browser

from .code import ROOT
from .pages import pages

SOURCE: Final = ROOT / "docs"
TARGET: Final = ROOT / ".tools/site"

#: Code that only the tests run.
_HIDDEN: Final = re.compile(r"^<!--python\n.*?^-->\n\n?", re.MULTILINE | re.DOTALL)
_HELP: Final = re.compile(r"^<!--help ([\w.]+)-->$", re.MULTILINE)
_DIFFERENCES: Final = """\
# Differences to the documentation

Look up why the description says something else than Buildkite's documentation, or more: each entry names the sources,
what was decided and the reason. It is the file `spec/DECISIONS.md` of the repository.

"""


def write(target: Path) -> int:
    """Write all pages and files below `target`, and return how many pages there are."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("generate", "__pycache__"))
    for page in target.rglob("*.md"):
        page.write_text(shown(page.read_text(encoding="utf-8")), encoding="utf-8")
    (target / "resources").mkdir()
    for name, text in pages().items():
        (target / "resources" / name).write_text(text, encoding="utf-8")
    decisions = (ROOT / "spec/DECISIONS.md").read_text(encoding="utf-8")
    decisions = re.sub(r"\[[^]]*\]\(README\.md[^)]*\)", "`spec/README.md`", decisions)
    (target / "differences.md").write_text(_DIFFERENCES + decisions.partition("\n")[2].lstrip(), encoding="utf-8")
    shutil.copy(ROOT / "CHANGELOG.md", target / "changelog.md")
    write_browser(target / "openapi", "http://127.0.0.1:8000")
    return sum(1 for _ in target.rglob("*.md"))


def shown(markdown: str) -> str:
    """Return a page without what only the tests need, and with the help of commands where it is asked for."""
    visible = re.sub(r"^```output$", "```text", _HIDDEN.sub("", markdown), flags=re.MULTILINE)
    return _HELP.sub(lambda found: f"```text\n{_help(found[1])}\n```", visible)


def _help(command: str) -> str:
    """Return what a module says with `--help`, or the list of targets of make."""
    if command == "make":
        targets = re.findall(r"^([a-z-]+):.*## (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        return "\n".join(f"make {name:18}{text}" for name, text in targets)
    environment = {**os.environ, "COLUMNS": "84"}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", command, "--help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def write_browser(folder: Path, mock_url: str) -> None:
    """Write the page that shows the description and sends requests, with all its files.

    Args:
        folder: Where to.
        mock_url: Where the page looks for a mock server.
    """
    folder.mkdir(exist_ok=True)
    for name, path in (browser.asset_paths() or {}).items():
        shutil.copy(path, folder / name)
    servers = [
        {"url": mock_url, "description": "python -m buildkite_rest.mock --port 8000"},
        {"url": "https://api.buildkite.com", "description": "Buildkite"},
    ]
    (folder / "openapi.yaml").write_text(browser.description_with(servers), encoding="utf-8")
    (folder / "index.html").write_text(
        browser.page("Buildkite REST API", description="openapi.yaml", assets=".", token=ALL_SCOPES_TOKEN),
        encoding="utf-8",
    )


def main() -> int:
    """Write the source of the site."""
    logging.disable(logging.WARNING)  # what mock servers say when they start and stop
    print(f"{TARGET.relative_to(ROOT)}: {write(TARGET)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
