"""GraphQL documents of `buildkite-rest api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from .._base.json_values import is_object
from .errors import CommandError

GRAPHQL: Final = "graphql"
"""The PATH of a GraphQL request."""
_NAMES: Final = frozenset({"query", "operationName", "variables"})


@frozen
class Document:
    """A GraphQL document and its variables."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None


def document_of_fields(fields: Mapping[str, Any]) -> Document:
    """Return the document in the fields `query` and `operationName`. The others are its variables."""
    variables = {name: value for name, value in fields.items() if name not in ("query", "operationName")}
    return _document(fields, variables)


def document_of_body(body: object) -> Document:
    """Return the document in the JSON of `--input`."""
    if not is_object(body) or not body.keys() <= _NAMES:
        raise CommandError("the file of --input must be an object of query, variables and operationName")
    variables = body.get("variables")
    if variables is not None and not is_object(variables):
        raise CommandError("the variables in the file of --input must be an object")
    return _document(body, variables or {})


def _document(body: Mapping[str, Any], variables: Mapping[str, Any]) -> Document:
    query, name = body.get("query"), body.get("operationName")
    if not isinstance(query, str):
        raise CommandError("graphql needs a query. Pass -f query=… or -F query=@FILE.")
    if not isinstance(name, str | None):
        raise CommandError("operationName must be a string")
    return Document(query, variables, name)
