"""Turns an operation and the arguments of a call into what goes over the wire. Nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from attrs import frozen

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET

from ._argument_types import check_arguments, is_collection, is_mapping, type_name
from ._safe_text import safe_repr
from ._uploads import Form, file_part


@frozen
class WireRequest:
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
        TypeError: An argument is of a type that its parameter does not accept.
        ValueError: An argument has a value that would change the path, break a header or be lost in JSON.
    """
    target = _path(operation, arguments)
    if arguments.query and (pairs := list(_query(operation, arguments.query))):
        target = f"{target}?{urlencode(pairs, quote_via=quote, safe='')}"
    headers = {"Accept": operation.accept}
    for name, value in arguments.headers.items():
        if value is not None and value is not UNSET:
            headers[name] = _header(name, value)
    body = {name: value for name, value in arguments.body.items() if value is not UNSET}
    if operation.body == "none" or (operation.body == "optional" and not body):
        return WireRequest(operation.method, target, headers)
    if operation.body_media == "multipart/form-data":
        if len(body) != 1:  # The API has one form: a file, or the URL of one.
            raise ValueError(f"pass exactly one of {' and '.join(arguments.body)}, not {len(body) or 'neither'}")
        return WireRequest(operation.method, target, headers, form=_form(operation, body))
    headers["Content-Type"] = "application/json"
    return WireRequest(operation.method, target, headers, _json(body))


def check_path(operation: Operation[Any], **path: str | int) -> None:
    """Check the path parameters of a call that is made later.

    Raises:
        TypeError: One is of a type that its parameter does not accept.
        ValueError: One has a value that would change the path.
    """
    _path(operation, Arguments(path))


def _path(operation: Operation[Any], arguments: Arguments) -> str:
    check_arguments(operation, arguments)
    if not arguments.path:
        return operation.path
    return operation.path.format_map({name: path_segment(name, value) for name, value in arguments.path.items()})


def with_params(url: str, params: Iterable[tuple[str, str]]) -> str:
    """Return `url` with those `params` that it has none of.

    A client of the HTTP library that has parameters of its own puts them in the place of all that an address has.
    """
    before, _, query = url.partition("?")
    given = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    added = urlencode([(name, value) for name, value in params if name not in given])
    return f"{before}?{'&'.join(filter(None, (query, added)))}"


def path_segment(name: str, value: object) -> str:
    """Quote a path parameter so that it stays one segment.

    Raises:
        TypeError: It is not a str or an int.
        ValueError: It would change the path.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"{name} must be a str or an int, not {type_name(value)}")
    text = _text(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{name} is {text!r}, which would change the path of the request")
    return quote(text, safe="")


def _query(operation: Operation[Any], query: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if value is None or value is UNSET:
            continue
        style = operation.query_styles.get(name)
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
        raise ValueError(f"{name} has the key {safe_repr(key)}, for which a query has no notation")
    return _text(key)


def _check_filled(name: str, value: Collection[Any]) -> None:
    """Refuse a filter that nothing can pass: it has no notation, and without it the API would give everything."""
    if not value:
        raise ValueError(f"{name} is empty; leave it out to ask for all")


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return _text(value)
    if isinstance(value, datetime):
        return _timestamp(name, value)
    raise TypeError(f"{name} must be a str, int, bool or datetime, not {type_name(value)}")


def _text(value: str | int) -> str:
    """Return what a text or a number is. A member of an enumeration would say what it is called."""
    return str.__str__(value) if isinstance(value, str) else int.__repr__(value)


def _timestamp(name: str, value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{name} has no time zone; write datetime(…, tzinfo=UTC) or value.astimezone()")
    return value.isoformat()


def _header(name: str, value: object) -> str:
    text = _scalar(name, value)
    if not text.isascii() or not text.isprintable():
        raise ValueError(f"the header {name} must be printable ASCII")
    if text != text.strip():
        raise ValueError(f"the header {name} must not begin or end with a space")
    return text


def _form(operation: Operation[Any], body: Mapping[str, object]) -> Form:
    return Form(
        {
            name: file_part(name, value) if name in operation.files else (None, _scalar(name, value).encode())
            for name, value in body.items()
        }
    )


def _json(body: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(body, allow_nan=False, default=_json_default, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("the body is nested too deeply for JSON") from None
    except UnicodeEncodeError:
        raise ValueError("the body has a lone surrogate, which is no text") from None
    except ValueError as error:
        if "Out of range float" in str(error):
            raise ValueError("the body has a NaN or an infinity, which JSON cannot say") from None
        if "Circular reference" in str(error):
            raise ValueError("the body contains itself, which JSON has no notation for") from None
        raise


def _json_default(value: object) -> object:
    if isinstance(value, datetime):
        return _timestamp("a datetime in the body", value)
    if isinstance(value, msgspec.Struct):
        return _given(value)
    if is_mapping(value):
        return dict(value)
    if is_collection(value):
        return list(value)
    raise TypeError(f"JSON has no notation for {type(value).__name__}")


def _given(model: msgspec.Struct) -> dict[str, object]:
    """Return what a model of an answer says. A field that is None may not have been there, and null would clear it."""
    names = zip(model.__struct_encode_fields__, model.__struct_fields__, strict=True)
    tag_field, tag = model.__struct_config__.tag_field, model.__struct_config__.tag
    given: dict[str, object] = {} if tag_field is None else {tag_field: tag}
    given |= {wire: value for wire, name in names if (value := getattr(model, name)) is not None}
    return given
