"""Handwritten pages: their code prints the output that is shown, and their links work."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.docs.blocks import blocks, page, run

import buildkite_rest
from buildkite_rest import logs, urls, webhooks
from buildkite_rest.conformance import traffic

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(DOCS)): path for path in sorted(DOCS.rglob("*.md"))}
LANGUAGES = {"hidden", "output", "python", "py", "sh", "text", "toml", "yaml", "console"}


@pytest.mark.parametrize(
    "name", [name for name, path in PAGES.items() if "```python" in path.read_text(encoding="utf-8")]
)
def test_code_prints_the_output_on_the_page(name, server):
    found = page(PAGES[name])
    ran = run(name, found, {"__name__": "__main__", "server": server})
    assert ran == sum(block.language == "python" for block in found) > 0


def test_a_package_is_published_by_a_percent_encoded_url(server):
    text = (
        PAGES["logs-and-artifacts.md"]
        .read_text(encoding="utf-8")
        .replace("acme-core-2.4.1.gem", "acme core-%32.4.1.gem")
    )
    assert run("logs-and-artifacts.md", list(blocks(text)), {"__name__": "__main__", "server": server})


def test_the_local_history_is_updated_when_its_code_runs_again(server):
    found = page(PAGES["data.md"])
    namespace: dict[str, object] = {"__name__": "__main__", "server": server}
    run("data.md", found, namespace)
    with closing(sqlite3.connect("history.db")) as history:
        [before] = history.execute("SELECT count(*) FROM builds")
        history.execute("UPDATE builds SET state = 'old'")
        history.commit()
    run("data.md", [block for block in found if "CREATE TABLE" in block.text], namespace)
    with closing(sqlite3.connect("history.db")) as history:
        assert [before] == [*history.execute("SELECT count(*) FROM builds WHERE state != 'old'")]


def test_most_pages_have_code():
    assert sum(block.language == "python" for path in PAGES.values() for block in page(path)) >= 60


@pytest.mark.parametrize("name", PAGES)
def test_blocks_have_a_known_language(name):
    text = PAGES[name].read_text(encoding="utf-8")
    found = page(PAGES[name])
    assert {block.language for block in found} <= LANGUAGES
    fences = [line for line in text.splitlines() if line.lstrip().startswith("```")]
    assert len(fences) == 2 * sum(block.language != "hidden" for block in found)


MODULES = {
    "logs": logs.__all__,
    "urls": urls.__all__,
    "webhooks": webhooks.__all__,
    "conformance.traffic": traffic.__all__,
}
PUBLIC = [
    *(f"buildkite_rest.{name}" for name in buildkite_rest.__all__ if name != "__version__"),
    *(f"buildkite_rest.{module}.{name}" for module, names in MODULES.items() for name in names),
]


def test_each_public_name_is_on_one_reference_page():
    entries = [line for path in (DOCS / "reference").glob("*.md") for line in path.read_text().splitlines()]
    assert [name for name in PUBLIC if entries.count(f"::: {name}") != 1] == []


LINKING = sorted([*ROOT.glob("*.md"), *(ROOT / "spec").glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_CODE = re.compile(r"^```.*?^```$|^<!--.*?-->$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page):
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    texts = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "") for heading in headings)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in texts}


def broken(page, text):
    """Return the links of a page whose file or heading does not exist."""
    found = []
    for link in _LINK.findall(_CODE.sub("", text)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work_in_the_repository(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []
