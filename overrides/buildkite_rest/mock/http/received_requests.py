"""Requests that the mock has received: their records, and patterns that select some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qs, unquote

import attrs
import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request

from ..arguments import check

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
#: Escaped, without a query or a fragment, and outside `/_mock/`. A wildcard is a whole segment.
_CHARACTER: Final = r"(?:(?![?#{}*/])[!-~])"
_PATH: Final = re.compile(rf"(?!/_mock(?:/|$))(?:/(?:\*|\{{{_CHARACTER}+\}}|{_CHARACTER}*))+")
_WILD: Final = ("*", "{")
#: Characters of a path in a message.
_LONGEST: Final = 200


@attrs.frozen
class RequestPattern:
    """A method, and a path of which `*` and `{name}` match one segment each. Trailing slashes are ignored.

    `GET` also matches `HEAD`. No method matches all but `OPTIONS`, which browsers send before other requests. With
    `is_prefix`, the path matches all paths below it, too.
    """

    method: str | None
    path: str
    is_prefix: bool = False

    def __attrs_post_init__(self) -> None:
        """Reject what matches no request: a test would silently pass without its fault."""
        if self.method is not None:
            check("method", str(self.method).upper(), Method)
        if not _PATH.fullmatch(self.path):
            raise ValueError(
                f"{self.path[:_LONGEST]!r} is not the path of a request; use one such as "
                "'/v2/organizations/acme/builds' without an origin, a query or a fragment, in which {org} or * may "
                "replace a segment"
            )

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request matches."""
        methods = {method, "GET"} if method == "HEAD" else {method}
        segments, names = self.path.rstrip("/").split("/"), path.rstrip("/").split("/")
        if self.is_prefix:
            names = names[: len(segments)]
        is_method = method != "OPTIONS" if self.method is None else self.method.upper() in methods
        return (
            is_method
            and len(names) == len(segments)
            and all(
                name != "" if segment.startswith(_WILD) else unquote(name) == unquote(segment)
                for segment, name in zip(segments, names, strict=True)
            )
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
    headers = {name: ", ".join(request.headers.getlist(name)) for name in request.headers}
    return ReceivedRequest(
        method=request.method,
        path=path,
        query={name: [_MASK] * len(values) if _is_secret(name) else values for name, values in query.items()},
        headers=Headers({name: _MASK if _is_secret(name) else value for name, value in headers.items()}),
        content=body[:MOST_BYTES],
        truncated=len(body) > MOST_BYTES,
        status=status,
        received_at=datetime.fromtimestamp(now, UTC),
    )


def received_json(request: ReceivedRequest) -> dict[str, object]:
    """Return a record as JSON, with the body in Base64, and as `json` unless it is something else."""
    try:
        body = request.json
    except ValueError:
        body = None
    return {**attrs.asdict(request), "headers": dict(request.headers), "json": body}
