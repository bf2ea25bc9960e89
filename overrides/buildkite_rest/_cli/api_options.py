"""Options of `buildkite-rest api`, and its arguments `name=value` and files, which become a body or a query."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from .._auth.environment import (
    GRAPHQL_URL_VARIABLE,
    KEY,
    KEY_PATH,
    ORGANIZATION,
    PASSPHRASE,
    REST_URL_VARIABLE,
    TOKEN,
    TOKEN_UUID,
)
from .._base.command_line import HelpFormatter, OpaqueParser, whole_number
from .._base.errors import DecodeError
from .._base.json_values import is_array, is_object
from .._base.safe_text import safe_repr
from .._decoding.json_text import decode_json
from .._http.options import BASE_URL, GRAPHQL_URL
from .exit_statuses import CommandError

Field: TypeAlias = tuple[str, str | msgspec.Raw]
"""A name, such as `env[DEBUG]`, and its value: a str, or JSON that is sent unchanged."""

_NO_ITEM: Final = msgspec.Raw(b"")
"""The value of `name[]` without an item."""
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])*)(\[\])?")
_LITERAL: Final = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
VARIABLES: Final = {"org": ORGANIZATION, "pipeline": "BUILDKITE_PIPELINE_SLUG", "build": "BUILDKITE_BUILD_NUMBER"}
"""Placeholders, and the variables with their values, which Buildkite sets in every job."""
_EPILOG: Final = f"""\
{{org}}, {{pipeline}} and {{build}} in PATH, but not in its query, are replaced by the values that every job has in
{", ".join(VARIABLES.values())}.

The method is GET, or POST if there is a body: fields of -f and -F, or --input. Fields of GET and HEAD are a query.
In a body, -f 'env[DEBUG]=1' is a field of an object, -f 'tags[]=a' an item of a list, and -f 'tags[]' an empty list.

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
  buildkite-rest api -H 'Accept: text/plain' /v2/organizations/{{org}}/pipelines/{{pipeline}}/builds/1/jobs/ID/log
  buildkite-rest api graphql -F query=@document.graphql -f slug=acme -F first=10

exit status: 0 success, 1 an error response, 2 an invalid argument or file (nothing was sent), 3 no complete response,
or one that cannot be decoded, 4 no usable credentials, or the API does not accept them (401), 5 the request was sent,
but standard output cannot be written, 130 Ctrl-C, 141 standard output was closed by its reader.
"""


def query_field(argument: str) -> Field:
    """Parse `name=value`. Errors do not show the value, which may be a secret."""
    name, equals, value = argument.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("a field must be name=value")
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("a field must be UTF-8 text") from None
    return name, value


def text_field(argument: str) -> Field:
    """Parse `name=value`, or `name[]` for an empty list."""
    if argument.endswith("[]") and "=" not in argument:
        return query_field(f"{argument}=")[0], _NO_ITEM
    return query_field(argument)


def typed_field(argument: str) -> Field:
    """Parse `name=value` with a JSON literal, a number or `@file` as value. Others are strings."""
    name, value = text_field(argument)
    if isinstance(value, str) and value.startswith("@"):
        return name, _read_text(value[1:])
    return name, msgspec.Raw(value.encode()) if isinstance(value, str) and _LITERAL.fullmatch(value) else value


def json_file(path: str) -> msgspec.Raw:
    """Return the content of a file of JSON, or of standard input for `-`, without a byte order mark."""
    text = _read_text(path)
    try:
        decode_json(text, safe_repr(path))
    except DecodeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return msgspec.Raw(text.encode())


def _read_text(path: str) -> str:
    """Return the content of a file, or of standard input for `-`, as text without a byte order mark."""
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = f"{safe_repr(path)} is not UTF-8 text"
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "standard input is closed"
        problem = f"cannot read {safe_repr(path)}: {reason}"
    raise argparse.ArgumentTypeError(problem)


def query_of(fields: Iterable[Field]) -> list[tuple[str, str]]:
    """Return the names and texts of fields in a query string."""
    return [(name, value if isinstance(value, str) else bytes(value).decode()) for name, value in fields]


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON object with the fields. `name[key]` is in an object, `name[]` is an item of an array.

    Raises:
        CommandError: A name is malformed, or used for more than one value.
    """
    body: dict[str, Any] = {}
    for name, value in fields:
        match = _NAME.fullmatch(name)
        if match is None:
            raise CommandError(f"{safe_repr(name)} is not the name of a field. Use name, name[key] or name[].")
        *keys, last = [match[1], *re.findall(r"[^\[\]]+", match[2])]
        target: object = body
        for key in keys:
            target = target.setdefault(key, {}) if is_object(target) else None
        items = target.setdefault(last, []) if match[3] and is_object(target) else None
        if is_array(items):
            items += [] if value is _NO_ITEM else [value]
        elif is_object(target) and last not in target:
            target[last] = value
        else:
            raise CommandError(f"field {safe_repr(name)} has more than one value. For a list, use name[].")
    return body


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
    options.add_argument("path", nargs="?", metavar="PATH", help="path such as /v2/user, URL of the API, or graphql")
    add = options.add_argument_group("request").add_argument
    add("-X", "--method", help="GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE (see below)")
    add("-q", "--query", type=query_field, action="append", default=[], metavar="N=V", help="field of the query")
    fields: dict[str, Any] = {"action": "append", "dest": "fields", "default": [], "metavar": "N=V"}
    add("-f", "--raw-field", type=text_field, **fields, help="field of the body: a string")
    typed = "field of the body: true, false, null, a number, @FILE or @- for the text of a file, otherwise a string"
    add("-F", "--field", type=typed_field, **fields, help=typed)
    add("--input", type=json_file, metavar="FILE", help="file with the JSON body, or - for standard input")
    add("-H", "--header", type=_header, action="append", default=[], metavar="N:V", help="header of the request")
    add("--base-url", metavar="URL", help=f"URL of the API (default: ${REST_URL_VARIABLE}, or {BASE_URL})")
    graphql_default = f"${GRAPHQL_URL_VARIABLE} without --base-url, or {GRAPHQL_URL}"
    add("--graphql-url", metavar="URL", help=f"URL of the GraphQL API (default: {graphql_default})")
    proxy = "for a proxy as --base-url: send requests of next pages to it, whatever their URLs"
    add("--rewrite-next-urls", action="store_true", help=proxy)
    wait = "seconds to wait for each part of a response (default: 30)"
    add("--timeout", type=float, default=30.0, metavar="S", help=wait)
    group = options.add_argument_group("output")
    add = group.add_mutually_exclusive_group().add_argument
    add("-i", "--include", action="store_true", help="print the status and the headers of the response too")
    add("--paginate", action="store_true", help="print the items of all pages of a list, as one JSON array")
    add = group.add_argument
    add("--jsonl", action="store_true", help="with --paginate: print an item per line, as JSON Lines")
    add("--max-items", type=whole_number, metavar="N", help="with --paginate: stop after N items")
    return options


def _header(argument: str) -> tuple[str, str]:
    """Parse `name: value`. Errors do not show the value, which may be a secret."""
    name, colon, value = argument.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("a header must be name: value")
    return name.strip(), value.strip()
