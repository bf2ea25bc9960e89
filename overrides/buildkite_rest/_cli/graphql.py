"""GraphQL documents of `buildkite-rest api`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from attrs import frozen

from .._base.json_values import is_object, loads
from .errors import CommandError

GRAPHQL: Final = "graphql"
"""The PATH of a GraphQL request."""
_NAMES: Final = frozenset({"query", "operationName", "variables"})


@frozen
class Document:
    """A GraphQL document and its variables."""

    query: str
    variables: msgspec.Raw | None
    """A JSON object, which is sent unchanged."""
    operation_name: str | None


def document_of_fields(fields: Mapping[str, Any]) -> Document:
    """Return the document in the fields `query` and `operationName`. The others are its variables."""
    variables = {name: value for name, value in fields.items() if name not in ("query", "operationName")}
    name = fields.get("operationName")
    if isinstance(name, msgspec.Raw):
        name = loads(bytes(name))
    return _document(fields.get("query"), name, msgspec.Raw(msgspec.json.encode(variables)))


def document_of_body(content: bytes) -> Document:
    """Return the document in the JSON of `--input`."""
    body = loads(content)
    if not is_object(body) or not body.keys() <= _NAMES:
        raise CommandError("the file of --input must be an object of query, variables and operationName")
    variables = body.get("variables")
    if variables is not None and not is_object(variables):
        raise CommandError("the variables in the file of --input must be an object")
    text = None if variables is None else _text_of_variables(content, variables)
    return _document(body.get("query"), body.get("operationName"), text)


def _text_of_variables(content: bytes, variables: Mapping[str, Any]) -> msgspec.Raw:
    """Return the JSON of `variables` in `content`: as it is, unless msgspec does not accept a text in it."""
    try:
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw])["variables"]
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return msgspec.Raw(json.dumps(variables, allow_nan=False).encode())
    except (ValueError, RecursionError):
        raise CommandError("the variables in the file of --input cannot be sent: a number is too large") from None


def _document(query: object, name: object, variables: msgspec.Raw | None) -> Document:
    if not isinstance(query, str):
        raise CommandError("graphql needs a query. Pass -f query=… or -F query=@FILE.")
    if not isinstance(name, str | None):
        raise CommandError("operationName must be a string")
    return Document(query, variables, name)
