"""Options of `buildkite-rest api`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from attrs import frozen

from _buildkite_rest.types import UNSET

from .._auth.environment import (
    GRAPHQL_URL_VARIABLE,
    ORGANIZATION,
    REST_URL_VARIABLE,
    TOKEN,
    organization_from,
    url_from,
)
from .._base.command_line import HelpFormatter, OpaqueParser, whole_number
from .._base.errors import ConfigurationError
from .._base.safe_text import safe_repr
from .._http.options import BASE_URL, GRAPHQL_URL
from .._http.request import path_segment
from .errors import CommandError
from .fields import Field, add_query, body_of, read_bytes, text_field, typed_field
from .graphql import GRAPHQL, Document, document_of_body, document_of_fields

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_REFUSED_HEADERS: Final = {"authorization": f"Set {TOKEN}.", "host": "Pass --base-url."}
"""Headers that the client refuses too, and what to do."""
_EPILOG: Final = f"""\
{{org}} in PATH is replaced by the slug of --organization or ${ORGANIZATION}.

The method is GET, or POST if there is a body: fields of -f and -F, or --input. The fields of a GET are its query.
In a body, -f 'env[DEBUG]=1' is a field of an object and -f 'tags[]=a' an item of a list.

If PATH is graphql, a GraphQL request is sent: -f query=… is the document, and other fields are its variables.

The token is read from ${TOKEN}, as by the client, and is printed as ***.

examples:
  buildkite-rest api /v2/user
  buildkite-rest api /v2/organizations/{{org}}/builds -q state=failed --paginate --jsonl
  buildkite-rest api /v2/organizations/{{org}}/pipelines/web/builds -f commit=HEAD -f branch=main -F clean_checkout=true
  buildkite-rest api -X PATCH /v2/organizations/{{org}}/pipelines/web --input pipeline.json
  buildkite-rest api -H 'Accept: text/plain' /v2/organizations/{{org}}/pipelines/web/builds/1/jobs/ID/log
  buildkite-rest api graphql -F query=@document.graphql -f slug=acme -F first=10

exit status: 0 success, 1 an error response, 2 an invalid argument or file, 3 no complete response, 4 no credentials,
or the API does not accept them (401), 130 Ctrl-C.
"""


@frozen(kw_only=True)
class Options:
    """Validated options of the command."""

    method: str
    path: str
    """A path or URL with its query string."""
    body: Any = UNSET
    document: Document | None = None
    """A GraphQL document, in place of `path` and `body`."""
    headers: Mapping[str, str]
    base_url: str | None
    graphql_url: str | None
    include: bool
    paginate: bool
    lines: bool
    max_items: int | None


def options_of(namespace: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """Return the validated options.

    Raises:
        CommandError: An option is invalid, missing or excluded by another.
    """
    if namespace.path == GRAPHQL:
        return _graphql_options(namespace, environ)
    fields: list[Field] = namespace.fields
    query: list[Field] = namespace.query
    body: Any = UNSET
    method: str = namespace.method or ("GET" if namespace.input is None and not fields else "POST")
    if namespace.paginate and method != "GET":
        raise CommandError("--paginate is for GET. Pass -X GET or remove --paginate.")
    if method == "GET":
        query, fields = [*query, *fields], []
    if namespace.input is not None:
        if method in ("GET", "HEAD") or fields:
            what = "-f and -F" if fields else f"-X {method}"
            raise CommandError(f"--input and {what} exclude each other. Use one of them.")
        body = _json_of(namespace.input)
    elif fields:
        body = body_of(fields)
    if not namespace.paginate and (namespace.jsonl or namespace.max_items is not None):
        raise CommandError("--jsonl and --max-items are for lists. Add --paginate.")
    if namespace.paginate and namespace.include:
        raise CommandError("--paginate and --include exclude each other. Use one of them.")
    path = _fill_placeholders(namespace.path, namespace.organization, environ)
    return Options(
        method=method,
        path=add_query(path, query),
        body=body,
        headers=dict(namespace.header),
        base_url=namespace.base_url,
        graphql_url=namespace.graphql_url,
        include=namespace.include,
        paginate=namespace.paginate,
        lines=namespace.jsonl,
        max_items=namespace.max_items,
    )


def _graphql_options(namespace: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """Return the options of a GraphQL request."""
    if namespace.method not in (None, "POST"):
        raise CommandError("the method of graphql is POST. Remove -X.")
    if namespace.query or namespace.paginate or namespace.jsonl or namespace.max_items is not None:
        raise CommandError("-q, --paginate, --jsonl and --max-items are not for graphql. Use -f and -F.")
    if namespace.graphql_url is None:
        _check_graphql_default(namespace.base_url, environ)
    if namespace.input is None:
        document = document_of_fields(body_of(namespace.fields))
    elif namespace.fields:
        raise CommandError("--input and -f and -F exclude each other. Use one of them.")
    else:
        document = document_of_body(_json_of(namespace.input))
    return Options(
        method="POST",
        path=GRAPHQL,
        document=document,
        headers=dict(namespace.header),
        base_url=namespace.base_url,
        graphql_url=namespace.graphql_url,
        include=namespace.include,
        paginate=False,
        lines=False,
        max_items=None,
    )


def _check_graphql_default(base_url: str | None, environ: Mapping[str, str]) -> None:
    """Raise `CommandError` if the URL of the REST API is not that of Buildkite, as that of GraphQL is not set."""
    if base_url is None:
        base_url = url_from(environ, REST_URL_VARIABLE)
        if url_from(environ, GRAPHQL_URL_VARIABLE) is None and base_url not in (None, BASE_URL):
            raise CommandError(f"{REST_URL_VARIABLE} is for REST. Set {GRAPHQL_URL_VARIABLE} or pass --graphql-url.")
    elif base_url != BASE_URL:
        raise CommandError("--base-url is for REST. Pass --graphql-url too.")


def _json_of(path: str) -> Any:
    name = "the file of --input"
    try:
        return msgspec.json.decode(read_bytes(path, name))
    except (msgspec.DecodeError, RecursionError):
        raise CommandError(f"{name} is not JSON") from None


def _fill_placeholders(path: str, organization: str | None, environ: Mapping[str, str]) -> str:
    """Return `path` with a slash at its start, and the slug of the organization in place of `{org}`."""
    names = set(_PLACEHOLDER.findall(path))
    if unknown := names - {"org"}:
        raise CommandError(f"PATH contains {{{safe_repr(min(unknown))[1:-1]}}}, but only {{org}} is replaced")
    if names:
        try:
            slug = organization or organization_from(environ)
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        if slug is None:
            raise CommandError(f"PATH contains {{org}}. Pass --organization or set {ORGANIZATION}.")
        try:
            path = path.replace("{org}", path_segment("--organization", slug))
        except ValueError as error:
            raise CommandError(str(error)) from None
    # Some shells on Windows replace an argument that starts with a slash.
    return path if path.startswith("/") or "://" in path else f"/{path}"


def parser(program: str) -> OpaqueParser:
    """Return the parser of the command `program`."""
    options = OpaqueParser(
        prog=program,
        usage=f"{program} [options] PATH",
        description="Send a request to the Buildkite REST API, or to its GraphQL API, and print the response.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    options.add_argument("path", metavar="PATH", help="path such as /v2/user, URL of an object of the API, or graphql")
    request = options.add_argument_group("request").add_argument
    request(
        "-X", "--method", type=str.upper, choices=_METHODS, metavar="METHOD", help=f"{', '.join(_METHODS)} (see below)"
    )
    request("-q", "--query", type=text_field, action="append", default=[], metavar="N=V", help="field of the query")
    request(
        "-f",
        "--raw-field",
        type=text_field,
        action="append",
        dest="fields",
        default=[],
        metavar="N=V",
        help="field of the body: a string",
    )
    request(
        "-F",
        "--field",
        type=typed_field,
        action="append",
        dest="fields",
        metavar="N=V",
        help="field of the body: true, false, null, a number, @FILE or @- for the text of a file, or a string",
    )
    request("--input", metavar="FILE", help="file with the JSON body, or - for standard input")
    request("-H", "--header", type=_header, action="append", default=[], metavar="N:V", help="header of the request")
    request("--organization", metavar="SLUG", help=f"value of {{org}} (default: ${ORGANIZATION})")
    request("--base-url", metavar="URL", help=f"URL of the API (default: ${REST_URL_VARIABLE}, or {BASE_URL})")
    request(
        "--graphql-url",
        metavar="URL",
        help=f"URL of the GraphQL API (default: ${GRAPHQL_URL_VARIABLE} without --base-url, or {GRAPHQL_URL})",
    )
    output = options.add_argument_group("output").add_argument
    output("-i", "--include", action="store_true", help="print the status and the headers of the response too")
    output("--paginate", action="store_true", help="print the items of all pages of a list, as one JSON array")
    output("--jsonl", action="store_true", help="with --paginate: print an item per line, as JSON Lines")
    output("--max-items", type=_count, metavar="N", help="with --paginate: stop after N items")
    return options


def _header(argument: str) -> tuple[str, str]:
    """Parse `name: value`. Errors do not show the value, which may be a secret."""
    name, colon, value = argument.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("a header must be name: value")
    name = name.strip()
    if name.lower() in _REFUSED_HEADERS:
        raise argparse.ArgumentTypeError(f"a header must not be {name}. {_REFUSED_HEADERS[name.lower()]}")
    return name, value.strip()


def _count(argument: str) -> int:
    number = whole_number(argument)
    if number < 0:
        raise argparse.ArgumentTypeError("must be at least 0")
    return number
