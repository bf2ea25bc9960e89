"""Parser of the `Link` header, RFC 8288."""

from __future__ import annotations

import re
from typing import Final

_URL: Final = re.compile(r"[\s,]*<([^<>]*)>")
_NAME: Final = re.compile(r'\s*;\s*([^\s;,=<>"]*)')
_VALUE: Final = re.compile(r'\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,<>"]*))')
_END: Final = re.compile(r"\s*(?:,|$)")
_ESCAPED: Final = re.compile(r"\\(.)")
_NEXT: Final = re.compile(r"""rel\s*=(?:\s*["'])?[^"'<>;,=]*(?<![\w-])next(?![\w-])""", re.IGNORECASE)


def parse_links(header: str) -> dict[str, str]:
    """Return the URL of each relation by its name in lower case. Of several URLs the first is used.

    Parsing ends at the first error. It takes time linear in the length of the header.
    """
    return _parse(header)[0]


def has_unparsed_next(header: str) -> bool:
    """Whether what follows the first error of the header has a relation `next`, or is cut off before its end."""
    rest = header[_parse(header)[1] :]
    return _NEXT.search(rest) is not None or _is_cut_off(rest)


def _is_cut_off(text: str) -> bool:
    """Whether a URL or a quoted text has no end."""
    return text.rfind("<") > text.rfind(">") or _ESCAPED.sub("", text).count('"') % 2 == 1


def _parse(header: str) -> tuple[dict[str, str], int]:
    """Return the URLs by their relations, and the end of the last link without an error."""
    links: dict[str, str] = {}
    parsed = 0
    position = 0
    while (url := _URL.match(header, position)) is not None:
        relations: list[str] | None = None
        position = url.end()
        while (name := _NAME.match(header, position)) is not None:
            value = _VALUE.match(header, name.end())
            position = (value or name).end()
            if name[1].lower() == "rel" and relations is None:
                quoted, token = ("", "") if value is None else value.groups(default="")
                relations = (_ESCAPED.sub(r"\1", quoted) or token.strip("'")).lower().split()
        if _END.match(header, position) is None:
            break
        parsed = position
        for relation in relations or ():
            links.setdefault(relation, url[1])
    return links, parsed
