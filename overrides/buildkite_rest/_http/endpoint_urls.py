"""URLs of requests whose path the caller writes. They are on the origin of the API, since they have the credentials."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from .._base.arguments import check_type
from .._base.safe_text import safe_repr
from .._base.urls import BaseURL, has_dot_segments, rewritten, without_query

_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_TAIL: Final = re.compile("([?#])")
_PATH_MARKS: Final = "%/:@!$&'()*+,;=~"
_QUERY_MARKS: Final = f"{_PATH_MARKS}?"
"""Characters that are not encoded, besides letters, digits, `-`, `.` and `_`."""


def endpoint_url(path: str, base_url: BaseURL, *, rewrite: bool) -> str:
    """Return the full URL of the argument `path`, percent-encoded. Escapes in it are preserved.

    Args:
        path: A path with or without a query, or a full URL.
        base_url: The URL that a path is appended to, and on whose origin a full URL must be.
        rewrite: Whether the origin of a full URL is replaced by that of `base_url`.

    Raises:
        TypeError: `path` is not a str.
        ValueError: It is neither a path nor a URL of the API, has a fragment, or has segments that change the path.
    """
    check_type("path", path, str, "a str")
    _check_characters(path)
    if path.startswith("/") and not path.startswith("//"):
        origin, path_and_query = base_url.url, path
    elif path.lower().startswith(("http://", "https://")):
        origin, path_and_query = _split(path, base_url, rewrite)
    else:
        raise ValueError(f"path must be a path or a URL of the API: {_shown(path)}. Write /v2/…")
    before, mark, query = path_and_query.partition("?")
    _check_segments(before)
    return f"{origin}{_encode(before, _PATH_MARKS)}{mark}{_encode(query, _QUERY_MARKS)}"


def _shown(path: str) -> str:
    """Return the argument for a message, without parts that may contain credentials: a user, query and fragment."""
    before, mark, after = _TAIL.split(path, maxsplit=1) if _TAIL.search(path) else (path, "", "")
    rest = f"{mark}…" if after else mark
    if "@" in before and not before.startswith("/v2/"):
        return f"{without_query(before)}{rest}"
    return safe_repr(f"{before}{rest}")


def path_of(url: str, base_url: BaseURL) -> str:
    """Return the path of an encoded URL, without that of `base_url`."""
    if url.startswith(f"{base_url.url}/"):
        return url.removeprefix(base_url.url).partition("?")[0]
    return urlsplit(url).path


def _check_characters(path: str) -> None:
    if not path.isprintable():
        raise ValueError(f"path contains a character that cannot be printed: {_shown(path)}")
    for mark, name in (("\\", "a backslash"), ("#", "a fragment")):
        if mark in path:
            encoded = quote(mark)
            raise ValueError(f"path contains {name}: {_shown(path)}. Write {encoded} if {mark} is part of a name.")


def _check_segments(path: str) -> None:
    if has_dot_segments(path):
        raise ValueError(f"path has a segment . or .., which would change the path: {safe_repr(path)}")


def _split(url: str, base_url: BaseURL, rewrite: bool) -> tuple[str, str]:
    """Return the origin of a full URL, and its path and query."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(f"path has an invalid host or port: {without_query(url)}") from None
    if "@" in parts.netloc:
        raise ValueError(f"path has a user, which is not sent: {without_query(url)}. Pass auth=… to the client.")
    _check_segments(parts.path)
    try:
        if rewrite:
            url = rewritten(url, base_url.url)
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"path is not a URL of the API: {without_query(url)}. Write /v2/…") from None
    if not base_url.has_same_origin(url):
        raise ValueError(
            f"path is on another origin than {base_url.argument}: {without_query(url)}. "
            "The credentials are not sent there."
        )
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}", f"{parts.path or '/'}{query}"


def _encode(text: str, marks: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=marks)
