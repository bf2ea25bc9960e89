"""`python -m docs.generate`: write `docs/methods.md`, and in `.tools/site` the source of the site."""

from __future__ import annotations

import logging
import posixpath
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from . import index, spec_files
from .code import ROOT
from .pages import pages

SOURCE: Final = ROOT / "docs"
TARGET: Final = ROOT / ".tools/site"

#: Code that only the tests run.
_HIDDEN: Final = re.compile(r"^<!--python\n.*?^-->\n\n?", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[([^]\[]*)\]\((\.\.?/[^)\s]*)\)")
#: Pages of the site for files of the repository outside docs/.
_PAGES: Final = (
    (re.compile(r"spec/DECISIONS\.md"), "differences.md"),
    (re.compile(r"spec/webhooks\.yaml"), "resources/webhook_events.md"),
    (re.compile(r"CHANGELOG\.md"), "changelog.md"),
    (re.compile(r"generated/_buildkite_rest/(openapi[\w.-]*\.(?:json|yaml))"), r"spec/\1"),
    (re.compile(r"generated/_buildkite_rest/resources/(\w+)\.py"), r"resources/\1.md"),
)
_DIFFERENCES: Final = """\
# Differences from Buildkite's documentation

Find out why the spec deviates from Buildkite's documentation or goes beyond it. Each entry names the sources, the
decision and the reason. The page is `spec/DECISIONS.md` of the repository.

"""


def write(target: Path) -> int:
    """Write all pages and files below `target`, and return the number of pages."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("generate", "__pycache__"))
    for page in target.rglob("*.md"):
        source = page.relative_to(target).as_posix()
        page.write_text(for_site(page.read_text(encoding="utf-8"), f"docs/{source}"), encoding="utf-8")
    (target / "resources").mkdir()
    for name, text in pages().items():
        (target / "resources" / name).write_text(text, encoding="utf-8")
    decisions = (ROOT / "spec/DECISIONS.md").read_text(encoding="utf-8")
    decisions = re.sub(r"\[[^]]*\]\(README\.md[^)]*\)", "`spec/README.md`", decisions)
    (target / "differences.md").write_text(_DIFFERENCES + decisions.partition("\n")[2].lstrip(), encoding="utf-8")
    shutil.copy(ROOT / "CHANGELOG.md", target / "changelog.md")
    spec_files.write(target / "spec")
    return sum(1 for _ in target.rglob("*.md"))


def for_site(markdown: str, source: str) -> str:
    """Return a page of the repository as the site shows it.

    Code that only tests run is removed, and links out of `docs/` lead to the page of the site or, if there is none,
    become plain text.

    Args:
        markdown: Text of the page.
        source: Path of the page in the repository.
    """
    visible = re.sub(r"^```output$", "```text", _HIDDEN.sub("", markdown), flags=re.MULTILINE)
    return _LINK.sub(
        lambda found: _link(found[0], found[1], posixpath.join(posixpath.dirname(source), found[2])), visible
    )


def _link(link: str, text: str, target: str) -> str:
    path = posixpath.normpath(target)
    if path.startswith("docs/"):
        return link
    for pattern, page in _PAGES:
        if found := pattern.fullmatch(path):
            return f"[{text}]({found.expand(page)})"
    return text


def main() -> int:
    """Write `docs/methods.md` and the source of the site."""
    logging.disable(logging.WARNING)  # mock servers log when they start and stop
    index.write()
    print(f"{TARGET.relative_to(ROOT)}: {write(TARGET)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
