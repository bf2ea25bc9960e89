"""Patterns of request paths: exact paths and templates such as `/v2/organizations/{org}/builds`."""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import attrs
import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request

from ..._base.fork_safety import ForkSafeLock
from ..clock import iso

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


_SECRET: Final = re.compile(
    r"authorization|cookie|token|secret|signature|password|credential|(?:api|access|auth|private|ssh)[_-]?key|^key$",
    re.IGNORECASE,
)
#: Parameters of the API that are flags.
_FLAGS: Final = frozenset({"show_api_token"})
MASK: Final = "***"


def is_secret(name: str) -> bool:
    """Return whether the value of a header or of a query parameter is a credential, by its name."""
    return name not in _FLAGS and _SECRET.search(name) is not None


def masked_header(name: str, value: str) -> str:
    """Return the value of a header, or what may be shown of it: the scheme of an `Authorization`."""
    if not is_secret(name):
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and name.lower().endswith("authorization") else MASK


#: Number of requests that are kept.
MOST_REQUESTS: Final = 1_000
#: Bytes of a body that are kept.
MOST_BYTES: Final = 256 << 10


@attrs.frozen(kw_only=True)
class ReceivedRequest:
    """A request that the mock server has received, and the status of its response."""

    method: str
    path: str
    """Path as it was sent."""
    query: Mapping[str, list[str]]
    """Decoded values of each query parameter. Those that look like credentials by name are replaced by `***`."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Headers. Names are case-insensitive, and values of a repeated name are joined by `, `.

    Those that look like credentials by name are replaced by `***`.
    """
    content: bytes = attrs.field(repr=False)
    """Body, or its first 262,144 bytes."""
    truncated: bool = attrs.field(repr=False)
    """Whether the body was longer than `content`."""
    status: int | None
    """Status of the response, or None if the connection was reset instead."""
    received_at: datetime = attrs.field(repr=False)
    """Time of the mock server's clock, in UTC."""

    @property
    def json(self) -> Any:
        """The decoded JSON of the body, or None if there is no body.

        Raises:
            ValueError: The body is not JSON, or was too long to be kept.
        """
        if not self.content:
            return None
        if self.truncated:
            raise ValueError(f"the body of {self.method} {self.path} is longer than {MOST_BYTES} bytes; use content")
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"the body of {self.method} {self.path} is not JSON; use content") from error


def received_request(request: Request, path: str, body: bytes, status: int | None, now: float) -> ReceivedRequest:
    """Return the record of a request."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return ReceivedRequest(
        method=request.method,
        path=path,
        query={name: [MASK] * len(values) if is_secret(name) else values for name, values in query.items()},
        headers=_joined(request.headers),
        content=body[:MOST_BYTES],
        truncated=len(body) > MOST_BYTES,
        status=status,
        received_at=datetime.fromtimestamp(now, UTC),
    )


def _joined(headers: Headers) -> Headers:
    """Return headers with one value for each name, without credentials."""
    values: dict[str, list[str]] = {}
    for name, value in headers.items():
        values.setdefault(name, []).append(masked_header(name, value))
    return Headers({name: ", ".join(each) for name, each in values.items()})


def received_json(request: ReceivedRequest) -> dict[str, object]:
    """Return a record as JSON: its body as `json`, or else as `content` in Base64."""
    body: dict[str, object] = {"content": base64.b64encode(request.content).decode(), "truncated": request.truncated}
    with suppress(ValueError):
        body = {"json": request.json}
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": dict(request.headers),
        **body,
        "status": request.status,
        "received_at": iso(request.received_at.timestamp()),
    }


@attrs.define
class ReceivedRequests:
    """The latest requests, oldest first. All methods may be called from any thread."""

    total: int = 0
    _latest: deque[ReceivedRequest] = attrs.field(
        factory=lambda: deque[ReceivedRequest](maxlen=MOST_REQUESTS), init=False
    )
    _lock: ForkSafeLock = attrs.field(factory=ForkSafeLock, init=False)

    def add(self, request: ReceivedRequest) -> None:
        """Add a request, in place of the oldest one if there are too many."""
        with self._lock.current:
            self._latest.append(request)
            self.total += 1

    def clear(self) -> None:
        """Remove all requests."""
        with self._lock.current:
            self._latest.clear()
            self.total = 0

    def snapshot(self, method: str | None = None, path: PathPattern | None = None) -> list[ReceivedRequest]:
        """Return the requests with a method and a path, or all."""
        with self._lock.current:
            latest = list(self._latest)
        return [
            request
            for request in latest
            if (method is None or request.method == method.upper()) and (path is None or path.matches(request.path))
        ]
