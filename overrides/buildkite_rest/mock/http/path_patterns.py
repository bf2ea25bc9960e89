"""Patterns of request paths: exact paths and templates such as `/v2/organizations/{org}/builds`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

import attrs

_LONGEST: Final = 200
#: Escaped, without a query or a fragment, and outside `/_mock/`.
_PATH: Final = re.compile(r"/(?!_mock(?:/|$))[!-~]*")
_NOT_IN_PATHS: Final = re.compile(r"[?#]")
_WILDCARD: Final = re.compile(r"\*|\{[^{}*/]+\}")
_NOT_IN_NAMES: Final = re.compile(r"[{}*]")


@attrs.frozen
class PathPattern:
    """A path of which `*` and `{name}` match one segment each. Trailing slashes are ignored."""

    _segments: tuple[str | None, ...]

    @classmethod
    def parse(cls, path: str) -> PathPattern:
        """Parse a pattern.

        Raises:
            ValueError: It is not the path of a request, or a wildcard is not a whole segment.
        """
        names = _split(path)
        wild = [_WILDCARD.fullmatch(name) is not None for name in names]
        is_path = _PATH.fullmatch(path) is not None and _NOT_IN_PATHS.search(path) is None
        if not is_path or any(
            _NOT_IN_NAMES.search(name) for name, is_wild in zip(names, wild, strict=True) if not is_wild
        ):
            raise ValueError(
                f"{path[:_LONGEST]!r} is not the path of a request; use one such as '/v2/organizations/acme/builds' "
                "without an origin, a query or a fragment, in which {org} or * may replace a segment"
            )
        return cls(tuple(None if is_wild else unquote(name) for name, is_wild in zip(names, wild, strict=True)))

    def matches(self, path: str) -> bool:
        """Return whether the path of a request matches."""
        names = _split(path)
        return len(names) == len(self._segments) and all(
            name != "" if segment is None else unquote(name) == segment
            for segment, name in zip(self._segments, names, strict=True)
        )


def _split(path: str) -> list[str]:
    return path.rstrip("/").split("/")[1:]
