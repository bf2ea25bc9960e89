"""Links of a page without values, so that messages about them can be shown.

Values of parameters are numbered, and the same value has the same number: links and the request can be compared.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from .._base.json_values import as_object

_ORIGIN: Final = "https://api"
_OTHER_ORIGIN: Final = "https://other"
_API: Final = ("https", "api.buildkite.com")
_NUMBERS: Final = frozenset({"page", "per_page"})
MAX_HEADER: Final = 20_000
"""Characters of a `Link` header."""
_MAX_DIGITS: Final = 100
"""Digits of a page number that is shown and compared."""
_URL: Final = re.compile(r"<([^<>]*)>")
_WORD: Final = re.compile(r"[^\s,;=<>\"']+")
_WORDS: Final = frozenset({"rel", "first", "prev", "next", "last"})


class RedactedLinks:
    """Rewrites the links of a response.

    Args:
        request: URL of the request.
        template: Path template of the operation.
        declared: Names of its query parameters. Others are left out, as links may lack them.
    """

    def __init__(self, request: SplitResult, template: str, declared: frozenset[str]) -> None:
        self._origin = (request.scheme, request.netloc)
        self._template = template
        self._declared = declared
        self._path = unquote(request.path).rstrip("/")
        start = self._path.find("/" + template.strip("/").partition("/")[0] + "/")
        self._suffix = self._path[max(start, 0) :]
        self._numbers: dict[str, int] = {}
        self.request = self._rewrite(request)
        """URL of the request."""

    def header(self, text: str) -> str:
        """Return a `Link` header. Words that it should not have become `x`."""
        parts = _URL.split(text)
        for index, part in enumerate(parts):
            parts[index] = (
                f"<{self._url(part)}>"
                if index % 2
                else _WORD.sub(lambda found: found[0] if found[0].lower() in _WORDS else "x", part)
            )
        return "".join(parts)

    def links(self, links: object) -> dict[str, object]:
        """Return the `links` of a page with cursors."""
        return {
            name: self._url(url) if isinstance(url, str) else url
            for name, url in as_object(links).items()
            if name in {"self", "first", "prev", "next", "last"}
        }

    def _url(self, text: str) -> str:
        try:
            url = urlsplit(text)
            is_absolute = bool(url.scheme and url.netloc)
        except ValueError:
            return "invalid"
        return self._rewrite(url) if is_absolute else "relative"

    def _rewrite(self, url: SplitResult) -> str:
        # A proxy need not rewrite the URLs of the API.
        is_behind_proxy = self._suffix != self._path
        is_same = is_behind_proxy or (url.scheme, url.netloc) in (self._origin, _API)
        origin = _ORIGIN if is_same else _OTHER_ORIGIN
        path = self._template if unquote(url.path).rstrip("/") in (self._path, self._suffix) else "/other"
        try:
            pairs = parse_qsl(url.query, keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            pairs = []
        query = [(self._name(name), self._value(name, value)) for name, value in pairs if self._is_declared(name)]
        return f"{origin}{path}?{urlencode(query, safe='{}[]')}"

    def _is_declared(self, name: str) -> bool:
        return name in self._declared or name.partition("[")[0] in self._declared

    def _name(self, name: str) -> str:
        return name if name in self._declared else f"{name.partition('[')[0]}[{self._number(name)}]"

    def _value(self, name: str, value: str) -> str:
        if name in _NUMBERS and value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
            return value
        return f"value{self._number(value)}"

    def _number(self, value: str) -> int:
        return self._numbers.setdefault(value, len(self._numbers) + 1)
