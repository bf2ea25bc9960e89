"""Requests of `buildkite-rest api`, from its arguments: of REST, or of GraphQL."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Final

import msgspec
from attrs import frozen

from _buildkite_rest.types import UNSET, Unset

from .._base.urls import replace_query
from .._http.request import path_segment
from .api_options import VARIABLES, body_of, query_of
from .exit_statuses import CommandError

_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}|[{}]")
GRAPHQL: Final = "graphql"
"""The PATH of a GraphQL request."""


def path_of(path: str, environ: Mapping[str, str]) -> str:
    """Return `path` with a slash at its start, and values in place of placeholders, but not in its query."""

    def value_of(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name not in VARIABLES:
            raise CommandError(
                "PATH has a brace, but only {org}, {pipeline} and {build} are replaced. Write %7B and %7D for braces."
            )
        if not (value := environ.get(VARIABLES[name], "").strip()):
            raise CommandError(f"PATH contains {{{name}}}. Set {VARIABLES[name]}, or write the value in its place.")
        try:
            return path_segment(VARIABLES[name], value)
        except ValueError as error:
            raise CommandError(str(error)) from None

    path, mark, query = path.partition("?")
    path = _PLACEHOLDER.sub(value_of, path)
    # Some shells on Windows replace an argument that starts with a slash.
    return f"{path if path.startswith('/') or '://' in path else f'/{path}'}{mark}{query}"


@frozen
class Request:
    """A request of the REST API."""

    method: str
    path: str
    """A path or URL with its query string."""
    body: msgspec.Raw | Unset


class Document(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A GraphQL document and its variables."""

    query: str
    variables: msgspec.Raw = msgspec.Raw(b"{}")
    """JSON, which is sent unchanged."""
    operation_name: str | None = None


def request_of(namespace: argparse.Namespace, environ: Mapping[str, str]) -> Request | Document:
    """Return the request.

    Raises:
        CommandError: An argument is invalid, missing or excluded by another.
    """
    if not namespace.path:
        raise CommandError("PATH is missing. Pass a path such as /v2/user.")
    if namespace.input is not None and namespace.fields:
        raise CommandError("--input and -f and -F exclude each other. Use one of them.")
    if not namespace.paginate and (namespace.jsonl or namespace.max_items is not None):
        raise CommandError("--jsonl and --max-items are for lists. Add --paginate.")
    if namespace.path == GRAPHQL:
        return _document(namespace)
    body: msgspec.Raw | Unset = UNSET if namespace.input is None else namespace.input
    query, fields = namespace.query, namespace.fields
    method = (namespace.method or ("POST" if namespace.input is not None or fields else "GET")).upper()
    if namespace.paginate and method != "GET":
        raise CommandError("--paginate is for GET. Pass -X GET or remove --paginate.")
    if method in ("GET", "HEAD"):
        query = [*query, *fields]
    elif fields:
        body = msgspec.Raw(msgspec.json.encode(body_of(fields)))
    return Request(method, replace_query(path_of(namespace.path, environ), query_of(query)), body)


def _document(namespace: argparse.Namespace) -> Document:
    if (namespace.method or "POST").upper() != "POST" or namespace.query or namespace.paginate:
        raise CommandError("graphql is sent by POST with -f, -F or --input. Remove -X, -q and --paginate.")
    content = namespace.input
    if content is None:
        fields = body_of(namespace.fields)
        body = {name: fields.pop(name) for name in ("query", "operationName") if name in fields}
        content = msgspec.json.encode({**body, "variables": fields})
    try:
        return msgspec.json.decode(content, type=Document)
    except msgspec.DecodeError:
        problem = "graphql needs the text query, and accepts the object variables and the text operationName"
        raise CommandError(f"{problem}. Pass -f query=…, -F query=@FILE or a file with them as --input.") from None
