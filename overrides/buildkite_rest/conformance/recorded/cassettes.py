"""Cassettes of vcrpy, in YAML and in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from ..._base.json_values import as_array, as_object, is_array
from ...traffic._exchange import Exchange, headers_of
from .bodies import UnreadableBodyError, from_base64, without_coding
from .errors import RecordingError
from .har import Entry, is_status

_MAX_DEPTH: Final = 30
_MAX_HEADER_VALUES: Final = 100


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Loader of strings, lists, mappings and `!!binary`. Aliases and merges are not expanded."""


def _binary(loader: Any, node: Any) -> bytes | str:
    text = loader.construct_scalar(node)
    try:
        return from_base64(text)
    except UnreadableBodyError:
        return ""


_Loader.add_constructor(  # pyright: ignore[reportUnknownMemberType]
    "tag:yaml.org,2002:binary", _binary
)


def load_yaml(text: str) -> object:
    """Load a cassette.

    Raises:
        RecordingError: It is not YAML, or nested too deeply.
    """
    _check_depth(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes only strings, bytes, lists and mappings
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):  # TypeError: a mapping as a key
        raise RecordingError("is neither JSON nor YAML") from None


def _check_depth(text: str) -> None:
    """Reject deep nesting before nodes are made, which is recursive."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _MAX_DEPTH:
                    raise RecordingError("is nested too deeply")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, ValueError, RecursionError):
        raise RecordingError("is neither JSON nor YAML") from None


def entries_of(document: object, file: int) -> Iterator[Entry]:
    """Return the interactions of a cassette.

    Raises:
        RecordingError: It is not a cassette.
    """
    interactions = as_object(document).get("interactions")
    if not is_array(interactions):
        raise RecordingError("is neither a HAR nor a cassette of vcrpy")
    return (_entry(each, number, file) for number, each in enumerate(interactions, 1))


def _entry(node: object, number: int, file: int) -> Entry:
    request, response = as_object(as_object(node).get("request")), as_object(as_object(node).get("response"))
    method, url = request.get("method"), request.get("uri")
    if not isinstance(method, str) or not isinstance(url, str):
        return Entry(number, problem="the entry has no request")
    # Of httpx, old versions record `status_code` and `content`.
    status = _number(as_object(response.get("status")).get("code", response.get("status_code")))
    if not is_status(status):
        return Entry(number, problem="the entry has no response")
    headers = headers_of(_pairs(response.get("headers")))
    body, problem = None, None
    try:
        recorded = _bytes(response.get("body", response.get("content")))
        body = None if recorded is None else without_coding(recorded, headers.get("content-encoding", ""))
    except UnreadableBodyError as error:
        problem = str(error)
    request_body: bytes | None = None
    try:
        request_body = _bytes(request.get("body"))
    except UnreadableBodyError as error:
        problem = str(error)
    exchange = Exchange(
        method=method,
        url=url,
        status=status,
        headers=headers,
        body=body,
        request_headers=headers_of(_pairs(request.get("headers"))),
        request_body=None if request_body in (b"", b"null") else request_body,
        entry=number,
        file=file,
    )
    return Entry(number, exchange, problem)


def _bytes(body: object) -> bytes | None:
    """Return a body: text, bytes, or a mapping with one of them."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    fields = as_object(body)
    if "base64_string" in fields and isinstance(text := fields["base64_string"], str):
        return from_base64(text)
    return None if isinstance(inner := fields.get("string"), dict) else _bytes(inner) if inner is not None else None


def _number(value: object) -> Any:
    """Return a number that YAML was not asked to convert."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 5 else value


def _pairs(headers: object) -> Iterator[tuple[str, str]]:
    for name, values in as_object(headers).items():
        for value in [values] if isinstance(values, str) else as_array(values)[:_MAX_HEADER_VALUES]:
            if isinstance(value, str):
                yield str(name), value  # A key may be binary.
