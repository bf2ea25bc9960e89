"""Requests that the mock has received: their records, patterns of their paths, and the log."""

from __future__ import annotations

import base64
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote, unquote_plus

import attrs
import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..._base.fork_safety import ForkSafeLock
from ..clock import iso

#: Characters of an argument in a message, and of a URL in the log.
_LONGEST: Final = 200
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Escaped, without a query or a fragment, and outside `/_mock/`. A wildcard is a whole segment.
_CHARACTER: Final = r"(?:(?![?#{}*/])[!-~])"
_PATH: Final = re.compile(rf"(?!/_mock(?:/|$))(?:/(?:\*|\{{{_CHARACTER}+\}}|{_CHARACTER}*))+")
_WILD: Final = ("*", "{")


def check_method(method: str) -> None:
    """Raise `ValueError` if a method is not supported."""
    if method.upper() not in _METHODS:
        raise ValueError(f"{method[:_LONGEST]!r} is not a supported method; use one of {', '.join(_METHODS)}")


@attrs.frozen
class PathPattern:
    """A path of which `*` and `{name}` match one segment each. Trailing slashes are ignored."""

    _segments: tuple[str, ...]

    @classmethod
    def parse(cls, path: str) -> PathPattern:
        """Parse a pattern.

        Raises:
            ValueError: It is not the path of a request, or a wildcard is not a whole segment.
        """
        if not _PATH.fullmatch(path):
            raise ValueError(
                f"{path[:_LONGEST]!r} is not the path of a request; use one such as '/v2/organizations/acme/builds' "
                "without an origin, a query or a fragment, in which {org} or * may replace a segment"
            )
        return cls(tuple(path.rstrip("/").split("/")))

    def matches(self, path: str) -> bool:
        """Return whether the path of a request matches."""
        names = path.rstrip("/").split("/")
        return len(names) == len(self._segments) and all(
            name != "" if segment.startswith(_WILD) else unquote(name) == unquote(segment)
            for segment, name in zip(self._segments, names, strict=True)
        )


_SECRET: Final = re.compile(
    r"authorization|cookie|token|secret|signature|password|credential|(?:api|access|auth|private|ssh)[_-]?key|^key$",
    re.IGNORECASE,
)
#: Parameters of the API that are flags.
_FLAGS: Final = frozenset({"show_api_token"})
_MASK: Final = "***"


def _is_secret(name: str) -> bool:
    """Return whether the value of a header or of a query parameter is a credential, by its name."""
    return name not in _FLAGS and _SECRET.search(name) is not None


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
    """Return the record of a request, without credentials."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name, []).append(_masked_header(name, value))
    return ReceivedRequest(
        method=request.method,
        path=path,
        query={name: [_MASK] * len(values) if _is_secret(name) else values for name, values in query.items()},
        headers=Headers({name: ", ".join(values) for name, values in headers.items()}),
        content=body[:MOST_BYTES],
        truncated=len(body) > MOST_BYTES,
        status=status,
        received_at=datetime.fromtimestamp(now, UTC),
    )


def _masked_header(name: str, value: str) -> str:
    """Return the value of a header, or what may be shown of it: the scheme of an `Authorization`."""
    if not _is_secret(name):
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {_MASK}" if space and name.endswith("authorization") else _MASK


def received_json(request: ReceivedRequest) -> dict[str, object]:
    """Return a record as JSON: its body as `json`, or else as `content` in Base64."""
    try:
        body: dict[str, object] = {"json": request.json}
    except ValueError:
        body = {"content": base64.b64encode(request.content).decode(), "truncated": request.truncated}
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

    def snapshot(self, method: str | None = None, path: str | None = None) -> list[ReceivedRequest]:
        """Return the requests with a method and a path, or all.

        Raises:
            ValueError: The method is not supported, or the path is not a `PathPattern`.
        """
        if method is not None:
            check_method(method)
        pattern = None if path is None else PathPattern.parse(path)
        with self._lock.current:
            latest = list(self._latest)
        return [
            request
            for request in latest
            if (method is None or request.method == method.upper())
            and (pattern is None or pattern.matches(request.path))
        ]


_UNPRINTABLE: Final = re.compile(r"[^!-~]")


def log_requests(app: ASGIApp, write: Callable[[str], object]) -> ASGIApp:
    """Wrap an application to write a line for each finished request.

    The status is `-` if the response is incomplete.
    """

    async def log(scope: Scope, receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        status = ended = "-"

        async def recording_send(message: MutableMapping[str, Any]) -> None:
            nonlocal status, ended
            await send(message)
            status = str(message.get("status", status))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                ended = status

        try:
            await app(scope, receive, recording_send)
        finally:
            milliseconds = (time.perf_counter() - begin) * 1000
            write(f"{scope['method']} {_safe_target(scope)} {ended} {milliseconds:.1f} ms")

    return log


def _safe_target(scope: Scope) -> str:
    """Return the path and the query on one line, without secrets."""
    query = "&".join(map(_masked_parameter, _printable(scope["query_string"]).split("&")))
    target = f"{_printable(scope.get('raw_path') or scope['path'].encode())}{query and '?'}{query}"
    return target if len(target) <= _LONGEST else f"{target[:_LONGEST]}…"


def _printable(text: bytes) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.decode("latin-1"))


def _masked_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}{_MASK}" if equals and _is_secret(unquote_plus(name)) else parameter
