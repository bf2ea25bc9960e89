"""Links of the spec to the documentation, whose pages and headings must exist."""

from pathlib import Path
from typing import Any

from generator.document import walk
from tests.evidence.differences import Differences
from tests.evidence.markdown import Section, heading_id, read_sections

_KIND = "link"


def compare_links(differences: Differences, document: dict[str, Any], pages: Path, base: str) -> None:
    """Find the links below the URL `base` that lead to no page in the folder `pages`, or to no heading of it."""
    read: dict[str, frozenset[str] | None] = {}
    for pointer, node in walk(document):
        url = node.get("url", "") if pointer[-1:] == ("externalDocs",) and isinstance(node, dict) else ""
        if not url.startswith(base):
            continue
        subject = url.removeprefix(base)
        page, _, id_ = subject.partition("#")
        if page not in read:
            read[page] = _ids(page, pages)
        ids = read[page]
        message = "no such page" if ids is None else "no such heading" if id_ and id_ not in ids else ""
        differences.check("docs", _KIND, subject, pointer, [message] if message else [])


def _ids(page: str, pages: Path) -> frozenset[str] | None:
    """Return the ids of the headings of a page, or None if there is no such page."""
    path = pages / f"{page.replace('-', '_')}.md"
    if not path.is_file():
        return None
    ids: set[str] = set()
    above: list[Section] = []
    for section in read_sections(path, pages):
        above = [each for each in above if 1 < each.level < section.level] + [section]
        # A heading below another one has the id of that one before its own.
        ids.add("-".join(heading_id(each.title) for each in above))
    return frozenset(ids)
