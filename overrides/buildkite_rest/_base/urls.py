"""URLs: origins, and URLs that are safe to show."""

from __future__ import annotations

from typing import Final, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen

from .safe_text import safe_excerpt

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of `url`. Raises `ValueError` when `url` has no valid ones, or has a user."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("a URL with a user would be sent that user's credentials")
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


@frozen
class BaseURL:
    """The URL that paths of the API are appended to. Only its origin receives credentials."""

    url: str
    origin: Origin

    def has_same_origin(self, url: str) -> bool:
        """Whether `url` has the same origin. An invalid URL has not."""
        # Parsing takes a sixth of the time that this package adds to a call, and most URLs start with the base URL.
        if url.startswith(f"{self.url}/"):
            return True
        try:
            return origin_of(url) == self.origin
        except ValueError:
            return False


def host_of(url: str) -> str:
    """Return the host in `url`, with its port where it has one, and without a user."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def without_query(url: str) -> str:
    """Return `url` as one line of limited length, without its query and user, which may contain credentials."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an invalid URL"
    host = parts.netloc.rpartition("@")[2]
    return safe_excerpt(parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl())
