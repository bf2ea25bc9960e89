"""URLs: comparison of origins, and URLs that are safe to show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, TypeAlias
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from .arguments import check_type
from .records import Record
from .safe_text import safe_excerpt

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_LENGTH: Final = 65_536
"""Characters of a URL that the HTTP libraries accept."""
_DOTS: Final = frozenset({".", ".."})


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of `url`. Raises `ValueError` if one is invalid, or if `url` has a user."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("a URL with a user would be sent that user's credentials")
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def check_base_url(argument: str, url: str, example: str) -> Origin:
    """Return the origin of the URL of an API.

    Raises:
        TypeError: It is not a str.
        ValueError: It is not an HTTP URL, or has a user, query or fragment.
    """
    check_type(argument, url, str, "a str")
    try:
        scheme, host, port = origin_of(url)
    except ValueError:
        scheme, host, port = "", "", None
    printable = url.isascii() and url.isprintable() and " " not in url
    if scheme not in ("http", "https") or not host or not printable or any(mark in url for mark in "?#@\\"):
        raise ValueError(f"{argument} must be a URL such as {example}, without user, query or fragment")
    return scheme, host, port


def check_has_no_version(argument: str, base_url: str) -> None:
    """Raise `ValueError` if `base_url` ends with `/v2`."""
    if base_url.rstrip("/").endswith("/v2"):
        raise ValueError(f"{argument} ends with /v2, which each path starts with. Remove it")


class BaseURL(Record, frozen=True):
    """The URL that the paths of operations are appended to. Only its origin receives credentials."""

    url: str
    origin: Origin
    argument: str = "base_url"
    """The argument of the client that sets it, for messages."""

    def has_same_origin(self, url: str) -> bool:
        """Whether `url` is valid and has the same origin."""
        # Most URLs start with the base URL, and parsing is a sixth of the time that this package adds to a call.
        if url.startswith(f"{self.url}/"):
            return True
        try:
            return origin_of(url) == self.origin
        except ValueError:
            return False

    def checked(self, url: str, *, rewrite: bool) -> str:
        """Return a URL that credentials may be sent to, if it must `rewrite` with the origin of this one.

        Raises:
            ValueError: It is invalid or on another origin. The message follows the name of the URL.
        """
        is_valid = (
            len(url) <= _MAX_LENGTH and url.isascii() and url.isprintable() and not any(mark in url for mark in " \\")
        )
        try:
            if is_valid and rewrite:
                url = rewritten(url, self.url)
            is_valid = is_valid and bool(origin_of(url)[1]) and not has_dot_segments(urlsplit(url).path)
        except ValueError:
            is_valid = False
        if not is_valid:
            raise ValueError("is invalid")
        if not self.has_same_origin(url):
            raise ValueError(f"is on another origin than {self.argument} (rewrite_next_urls is for a proxy)")
        return url


def rewritten(url: str, base_url: str) -> str:
    """Return `base_url` with the path and query of `url`. Raises `ValueError` when `url` is not a plain HTTP URL."""
    scheme, host, _ = origin_of(url)
    parts = urlsplit(url)
    prefix = urlsplit(base_url).path
    path = parts.path.removeprefix(prefix) if f"{parts.path}/".startswith(f"{prefix}/") else parts.path
    if scheme not in ("http", "https") or not host:
        raise ValueError("not an HTTP URL")
    if has_dot_segments(path):
        raise ValueError("a path that would leave that of base_url")
    return f"{base_url}{path}?{parts.query}" if parts.query else f"{base_url}{path}"


def has_dot_segments(path: str) -> bool:
    """Whether `path` has a segment `.` or `..`, percent-encoded or not, which would change the path."""
    return any(segment.lower().replace("%2e", ".") in _DOTS for segment in path.split("/"))


def is_path_of(path: str, template: str) -> bool:
    """Whether a path ends as a path of the spec. A gateway may put a prefix before it, and the API ignores `.json`."""
    names, segments = template.strip("/").split("/"), path.strip("/").split("/")
    return len(segments) >= len(names) and all(
        _is_value(segment) if name.startswith("{") else unquote(segment) in (name, f"{name}.json")
        for name, segment in zip(names, segments[-len(names) :], strict=True)
    )


def _is_value(segment: str) -> bool:
    """Whether a segment may be a parameter: servers merge empty ones, and may read an encoded slash as a slash."""
    return bool(segment) and "/" not in (decoded := unquote(segment)) and "\\" not in decoded


def query_of(url: str) -> list[tuple[str, str]]:
    """Return the names and values in the query of `url`."""
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def replace_query(url: str, pairs: Collection[tuple[str, str]]) -> str:
    """Return `url` with the parameters `pairs` in place of those with the same name. Others are unchanged."""
    path, _, query = url.partition("?")
    names = {_base_name(name) for name, _ in pairs}
    parts = [part for part in query.split("&") if part]
    rest = [part for part in parts if not any(_base_name(name) in names for name, _ in query_of(f"?{part}"))]
    return _with_query(path, "&".join(rest), pairs)


def add_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return `url` with those of `pairs` whose name it does not have."""
    path, _, query = url.partition("?")
    return _with_query(path, query, without_names(pairs, query_of(url)))


def without_names(pairs: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of `pairs` that have the name of none of the `others`, without the brackets of a list or mapping."""
    names = {_base_name(name) for name, _ in others}
    return tuple(pair for pair in pairs if _base_name(pair[0]) not in names)


def _base_name(name: str) -> str:
    return name.partition("[")[0]


def _with_query(path: str, query: str, pairs: Iterable[tuple[str, str]]) -> str:
    query = "&".join(filter(None, (query, urlencode(tuple(pairs), quote_via=quote, safe=""))))
    return f"{path}?{query}" if query else path


def host_of(url: str) -> str:
    """Return the host of `url` with its port, if it has one, and without a user."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def without_query(url: str) -> str:
    """Return `url` in one bounded line, without its query and user, which may contain credentials."""
    try:
        parts = urlsplit(url)
        if "@" in parts.path:
            _check_is_path(parts)
    except ValueError:
        return "an invalid URL"
    host = parts.netloc.rpartition("@")[2]
    return safe_excerpt(parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl())


def _check_is_path(parts: SplitResult) -> None:
    """Raise `ValueError` if the path may be a user of a malformed URL, such as `https:/user:password@host`."""
    is_relative = not parts.scheme and parts.path.startswith("/") and not parts.path.startswith("//")
    if not (parts.hostname or is_relative):
        raise ValueError("not a path")
    _ = parts.port  # an invalid one is part of a password with a slash
