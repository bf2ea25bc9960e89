"""Encoding of an operation and its arguments as an HTTP request. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from _buildkite_rest.ports import Arguments, Operation, QueryStyle
from _buildkite_rest.types import UNSET

from .._base.arguments import check_type, is_collection, is_mapping, plain, short_repr, type_name
from .._base.records import Record
from .._base.safe_text import safe_repr
from .._base.times import timestamp

if TYPE_CHECKING:
    from .multipart import Form

_FULL_SHA: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_MAX_BITS: Final = 64
"""Size of the largest number in a URL or a header."""
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REFUSED_HEADERS: Final = {
    "accept-encoding": "The client only requests codings whose truncation it detects",
    "authorization": "Pass auth=… to the client",
    "content-length": "The client computes it from the body",
    "host": "Pass base_url=… to the client",
    "transfer-encoding": "The client computes it from the body",
}
"""Headers that the client sets, and what to do instead."""
COMPRESSED: Final = "application/json"
"""The media type that may be compressed. HTTP libraries return the beginning of another one as if it were complete."""
_REPLACEABLE_HEADERS: Final = ("accept", "accept-encoding", "content-type", "user-agent")
"""Headers that the client sets, unless an option does. All others are arguments of the call."""


class WireRequest(Record, frozen=True):
    """A request without its origin and without credentials."""

    method: str
    target: str
    """The path and the query, percent-encoded."""
    headers: dict[str, str]
    content: bytes | None = None
    form: Form | None = None
    """A multipart form, in place of `content`."""


def build_request(operation: Operation[Any], arguments: Arguments) -> WireRequest:
    """Encode a call.

    Raises:
        TypeError: An argument is of a type that cannot be sent.
        ValueError: An argument has a value that would change the path, break a header or be lost in JSON.
    """
    target = _path(operation, arguments)
    if (commits := arguments.query.get("commit", UNSET)) is not UNSET and commits is not None:
        _check_commits(commits)
    if arguments.query and (pairs := list(_query(operation.query_styles, arguments.query))):
        target = f"{target}?{urlencode(pairs, quote_via=quote, safe='')}"
    headers = {"Accept": operation.accept}
    for name, value in arguments.headers.items():
        if value is not None and value is not UNSET:
            headers[name] = header_text(name, value)
    if "Range" in headers or operation.accept != COMPRESSED:  # Ranges apply to the encoded bytes.
        headers["Accept-Encoding"] = "identity"
    body = {name: value for name, value in arguments.body.items() if value is not UNSET}
    if operation.body == "none" or (operation.body == "optional" and not body):
        return WireRequest(operation.method, target, headers)
    if operation.body_media == "multipart/form-data":
        if len(body) != 1:  # The only form of the API has a file, or the URL of one.
            names = " or ".join(arguments.body)
            raise ValueError(f"pass either {names}, not both" if body else f"pass {names}")
        return WireRequest(operation.method, target, headers, form=_form(operation, body))
    headers["Content-Type"] = "application/json"
    from .._decoding.encoding import encode_body  # noqa: PLC0415 - most requests have no body

    return WireRequest(operation.method, target, headers, encode_body(body, operation.names))


def _check_commits(commits: object) -> None:
    """Refuse a filter by anything but full SHAs. The API compares them as a whole, and returns an empty list."""
    for commit in commits if is_collection(commits) else (commits,):
        if isinstance(commit, str) and not _FULL_SHA.fullmatch(commit):
            digits = "40 hexadecimal digits in lower case"
            raise ValueError(f"commit must be a full SHA, {digits}, not {short_repr(commit)}. Use `git rev-parse`")


def _path(operation: Operation[Any], arguments: Arguments) -> str:
    if not arguments.path:
        return operation.path
    return operation.path.format_map({name: path_segment(name, value) for name, value in arguments.path.items()})


def path_segment(name: str, value: object) -> str:
    """Quote a path parameter so that it stays one segment.

    Raises:
        TypeError: It is not a str or an int.
        ValueError: It would change the path.
    """
    if not isinstance(value, str):
        value = plain(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TypeError(f"{name} must be a str or an int, not {type_name(value)}")
    text = _text(name, value)
    if not text:
        raise ValueError(f"{name} is empty")
    if text in (".", ".."):
        raise ValueError(f"{name} is {text!r}, which would change the path of the request")
    return quote(text, safe="")


def query_pairs(query: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """Return the names and values of the argument `query`, whose parameters are not in the spec.

    A list is written as `name[]=…`, also if the name has the brackets already, and a mapping as `name[key]=…`.

    Raises:
        TypeError: It is not a mapping with keys of type str, or a value is of a type that cannot be written.
        ValueError: A list or a mapping is empty, or a value cannot be written.
    """
    if query is None:
        return []
    if not is_mapping(query):
        raise TypeError(f"query must be a mapping, not {type_name(query)}")
    pairs: list[tuple[str, str]] = []
    for name, value in _items(query):
        if not isinstance(name, str):
            raise TypeError(f"the names of query must be str, not {type_name(name)}")
        if not _text("a name of query", name):
            raise ValueError("a name of query is empty")
        if is_mapping(value):
            pairs += _query({name: "deepObject"}, {name: value})
        elif is_collection(value):
            name = name.removesuffix("[]")  # noqa: PLW2901 - added to each item
            pairs += _query({name: "array"}, {name: value})
        else:
            pairs += _query({}, {name: value})
    return pairs


def _items(query: Mapping[Any, Any]) -> Iterable[tuple[object, object]]:
    """Return the items of a mapping, or of one with several values of a name, such as `httpx.QueryParams`."""
    multi_items: Callable[[], Iterable[tuple[object, object]]] | None = getattr(query, "multi_items", None)
    return query.items() if multi_items is None else multi_items()


def _query(styles: Mapping[str, QueryStyle], query: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if value is None or value is UNSET:
            continue
        style = styles.get(name)
        if style is None:
            yield name, _scalar(name, value)
        elif style == "deepObject":
            if not is_mapping(value):
                raise TypeError(f"{name} must be a mapping, not {type_name(value)}")
            _check_filled(name, value)
            for key, item in value.items():
                yield f"{name}[{_key(name, key)}]", _scalar(name, item)
        elif is_collection(value):
            _check_filled(name, value)
            for item in value:
                yield f"{name}[]", _scalar(name, item)
        else:
            yield name if style == "scalar-or-array" else f"{name}[]", _scalar(name, value)


def _key(name: str, key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the keys of {name} must be str, not {type(key).__name__}")
    if not key or "[" in key or "]" in key:
        raise ValueError(f"{name} has the key {safe_repr(key)}, which cannot be written in a query string")
    return _text(name, key)


def _check_filled(name: str, value: Collection[Any]) -> None:
    """Refuse an empty filter, which cannot be written in a query string: without it the API would return all items."""
    if not value:
        raise ValueError(f"{name} is empty, which cannot be written in a query. Leave it out to send no {name}.")


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return _text(name, value)
    if isinstance(value, datetime):
        return timestamp(name, value)
    if (simple := plain(value)) is not value:
        return _scalar(name, simple)
    raise TypeError(f"{name} must be a str, int, bool or datetime, not {type_name(value)}")


def _text(name: str, value: str | int) -> str:
    """Return a str or an int as text, a member of an enumeration by its value instead of its name."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            raise ValueError(f"{name} contains a lone surrogate, which cannot be encoded as UTF-8")
        return str.__str__(value)
    if value.bit_length() > _MAX_BITS:
        raise ValueError(f"{name} must be a number of at most {_MAX_BITS} bits, not of {value.bit_length()}")
    return int.__repr__(value)


def header_text(name: str, value: object) -> str:
    """Return the value of a header as text.

    Raises:
        TypeError: It is of a type that cannot be written.
        ValueError: It is not printable ASCII, or begins or ends with a space.
    """
    text = _scalar(name, value)
    if not text.isascii() or not text.isprintable():
        raise ValueError(f"the header {name} must be printable ASCII")
    if text != text.strip():
        raise ValueError(f"the header {name} must not begin or end with a space")
    return text


def check_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the argument `headers`. Messages do not show its values.

    Raises:
        TypeError: It is not a mapping, or a name or a value is not a str.
        ValueError: A header is one that the client sets, or cannot be sent.
    """
    if headers is None:
        return {}
    if not is_mapping(headers):
        raise TypeError(f"headers must be a mapping, not {type_name(headers)}")
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(f"the names of headers must be str, not {type_name(name)}")
        if _HEADER_NAME.fullmatch(name) is None:
            raise ValueError(f"headers has the name {safe_repr(name)}, which is not valid in HTTP")
        if (instead := _REFUSED_HEADERS.get(name.lower())) is not None:
            raise ValueError(f"headers must not contain {name}. {instead}.")
        if not isinstance(value, str):
            raise TypeError(f"the header {name} must be a str, not {type_name(value)}")
        checked = merge_headers(checked, {name: header_text(name, value)})
    return checked


def merge_headers(headers: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` with those of `added`, which replace those with the same name in any case."""
    names = {name.lower() for name in added}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **added}


def add_headers(headers: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request with those of the client's options.

    They replace those that the client sets by default, and are replaced by those that are arguments of the call.
    """
    arguments = {name: value for name, value in headers.items() if name.lower() not in _REPLACEABLE_HEADERS}
    merged = merge_headers(merge_headers(headers, options), arguments)
    has_range = "range" in map(str.lower, merged)
    return {**merged, "Accept-Encoding": "identity" if has_range else headers["Accept-Encoding"]}


def _form_field(name: str, value: object) -> bytes:
    check_type(name, value, str, "a str")
    return _scalar(name, value).encode()


def _form(operation: Operation[Any], body: Mapping[str, object]) -> Form:
    from .multipart import Form, file_part  # noqa: PLC0415 - few programs upload files

    return Form(
        {
            name: file_part(name, value) if name in operation.files else (None, _form_field(name, value))
            for name, value in body.items()
        }
    )
