"""Options of `buildkite-rest api`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from attrs import frozen

from _buildkite_rest.types import UNSET, Unset

from .._auth.environment import (
    GRAPHQL_URL_VARIABLE,
    KEY,
    KEY_PATH,
    ORGANIZATION,
    PASSPHRASE,
    REST_URL_VARIABLE,
    TOKEN,
    TOKEN_UUID,
    url_from,
)
from .._base.command_line import HelpFormatter, OpaqueParser, parse_arguments, whole_number
from .._base.safe_text import safe_repr
from .._http.options import BASE_URL, GRAPHQL_URL
from .errors import CommandError
from .fields import (
    Field,
    add_query,
    body_of,
    query_field,
    text_field,
    typed_field,
    with_files,
)
from .files import read_json
from .graphql import GRAPHQL, Document, document_of_body, document_of_fields
from .paths import path_of

_MAX_TIMEOUT: Final = 86_400
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SURPLUS: Final = "there is more than one PATH. Pass the method as -X METHOD."
_REFUSED_HEADERS: Final = {"authorization": f"Set {TOKEN}.", "host": "Pass --base-url."}
"""Headers that the client refuses too, and what to do."""
_EPILOG: Final = f"""\
{{org}} in PATH, but not in its query, is replaced by the slug of --organization or ${ORGANIZATION}.

The method is GET, or POST if there is a body: fields of -f and -F, or --input. Fields of GET and HEAD are a query.
In a body, -f 'env[DEBUG]=1' is a field of an object, -f 'tags[]=a' an item of a list, -f 'tags[]' an empty list, and
-f 'steps[][name]=a' a field of an object in a list.

If PATH is graphql, a GraphQL request is sent: -f query=DOCUMENT is the document, and other fields are its variables.

Credentials are read from the environment, as by the client: {TOKEN}; or {TOKEN_UUID} with
{KEY_PATH} or {KEY}, and {PASSPHRASE} for an encrypted
key. In the output and in messages, *** is printed in place of the token, also if it is percent-encoded. It is not
recognized if it is spelled with escapes of JSON, or in UTF-16.

examples:
  buildkite-rest api /v2/user
  buildkite-rest api /v2/organizations/{{org}}/builds -q state=failed --paginate --jsonl
  buildkite-rest api /v2/organizations/{{org}}/pipelines/web/builds -f commit=HEAD -f branch=main -F clean_checkout=true
  buildkite-rest api -X PATCH /v2/organizations/{{org}}/pipelines/web --input pipeline.json
  buildkite-rest api -H 'Accept: text/plain' /v2/organizations/{{org}}/pipelines/web/builds/1/jobs/ID/log
  buildkite-rest api graphql -F query=@document.graphql -f slug=acme -F first=10

exit status: 0 success, 1 an error response, 2 an invalid argument or file (nothing was sent), 3 no complete response,
4 no usable credentials, or the API does not accept them (401), 5 the request was sent, but standard output cannot be
written, 130 Ctrl-C, 141 standard output was closed by its reader.
"""


@frozen(kw_only=True)
class Options:
    """Validated options of the command."""

    method: str
    path: str
    """A path or URL with its query string."""
    body: msgspec.Raw | Unset = UNSET
    document: Document | None = None
    """A GraphQL document, in place of `path` and `body`."""
    headers: Mapping[str, str]
    base_url: str | None
    graphql_url: str | None
    rewrite_next_urls: bool
    timeout: float
    include: bool
    paginate: bool
    lines: bool
    max_items: int | None


def options_of(namespace: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """Return the validated options.

    Raises:
        CommandError: An option is invalid, missing or excluded by another.
    """
    if namespace.path is None:
        raise CommandError("PATH is missing. Pass a path such as /v2/user.")
    if namespace.organization == "":
        raise CommandError("--organization is empty. Pass a slug or leave it out.")
    if namespace.path == GRAPHQL:
        return _graphql_options(namespace, environ)
    fields = with_files(namespace.fields)
    query: list[Field] = namespace.query
    body: msgspec.Raw | Unset = UNSET
    method: str = namespace.method or ("GET" if namespace.input is None and not fields else "POST")
    if namespace.paginate and method != "GET":
        raise CommandError("--paginate is for GET. Pass -X GET or remove --paginate.")
    if method in ("GET", "HEAD"):
        query, fields = [*query, *fields], []
    if namespace.input is not None:
        if method in ("GET", "HEAD") or fields:
            what = "-f and -F" if fields else f"-X {method}"
            raise CommandError(f"--input and {what} exclude each other. Use one of them.")
        body = msgspec.Raw(read_json(namespace.input, "the file of --input"))
    elif fields:
        body = msgspec.Raw(msgspec.json.encode(body_of(fields)))
    if not namespace.paginate and (namespace.jsonl or namespace.max_items is not None):
        raise CommandError("--jsonl and --max-items are for lists. Add --paginate.")
    if namespace.paginate and namespace.include:
        raise CommandError("--paginate and --include exclude each other. Use one of them.")
    path = path_of(namespace.path, namespace.organization, environ)
    return Options(
        method=method,
        path=add_query(path, query),
        body=body,
        headers=_headers_of(namespace.header),
        base_url=namespace.base_url,
        graphql_url=namespace.graphql_url,
        rewrite_next_urls=namespace.rewrite_next_urls,
        timeout=namespace.timeout,
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
    if namespace.organization is not None or namespace.rewrite_next_urls:
        raise CommandError("--organization and --rewrite-next-urls are not for graphql. Remove them.")
    if namespace.graphql_url is None:
        _check_graphql_default(namespace.base_url, environ)
    if namespace.input is None:
        document = document_of_fields(body_of(with_files(namespace.fields)))
    elif namespace.fields:
        raise CommandError("--input and -f and -F exclude each other. Use one of them.")
    else:
        document = document_of_body(read_json(namespace.input, "the file of --input"))
    return Options(
        method="POST",
        path=GRAPHQL,
        document=document,
        headers=_headers_of(namespace.header),
        base_url=namespace.base_url,
        graphql_url=namespace.graphql_url,
        rewrite_next_urls=False,
        timeout=namespace.timeout,
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


def _headers_of(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    names = set[str]()
    for name, value in pairs:
        if name.lower() in names:
            raise CommandError(f"the header {safe_repr(name)} is passed twice. Pass its values in one -H.")
        names.add(name.lower())
        headers[name] = value
    return headers


def parse(arguments: Sequence[str], program: str) -> argparse.Namespace:
    """Return the parsed arguments. An error exits with 2."""
    return parse_arguments(parser(program), arguments, surplus=_SURPLUS)


def parser(program: str) -> OpaqueParser:
    """Return the parser of the command `program`."""
    options = OpaqueParser(
        prog=program,
        usage=f"{program} [options] PATH",
        description="Send a request to the Buildkite REST API, or to its GraphQL API, and print the response.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    # Not required by the parser, which would report that in place of an unknown option.
    options.add_argument(
        "path",
        type=_path,
        nargs="?",
        metavar="PATH",
        help="path such as /v2/user, URL of an object of the API, or graphql",
    )
    request = options.add_argument_group("request").add_argument
    request(
        "-X", "--method", type=str.upper, choices=_METHODS, metavar="METHOD", help=f"{', '.join(_METHODS)} (see below)"
    )
    request("-q", "--query", type=query_field, action="append", default=[], metavar="N=V", help="field of the query")
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
        help="field of the body: true, false, null, a number, @FILE or @- for the text of a file, otherwise a string",
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
    request(
        "--rewrite-next-urls",
        action="store_true",
        help="for a proxy as --base-url: send requests of next pages to it, whatever their URLs",
    )
    request(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="S",
        help="seconds to wait for each part of a response (default: 30)",
    )
    output = options.add_argument_group("output").add_argument
    output("-i", "--include", action="store_true", help="print the status and the headers of the response too")
    output("--paginate", action="store_true", help="print the items of all pages of a list, as one JSON array")
    output("--jsonl", action="store_true", help="with --paginate: print an item per line, as JSON Lines")
    output("--max-items", type=_count, metavar="N", help="with --paginate: stop after N items")
    return options


def _path(argument: str) -> str:
    """Refuse a number such as `-5`, which argparse does not treat as an option."""
    if argument.startswith("-"):
        raise argparse.ArgumentTypeError("a path must not start with -; see --help for options")
    return argument


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


def _seconds(argument: str) -> float:
    try:
        number = float(argument)
    except ValueError:
        number = 0.0
    if not 0 < number <= _MAX_TIMEOUT:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, more than 0 and at most {_MAX_TIMEOUT}")
    return number
