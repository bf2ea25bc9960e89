"""`buildkite-rest api`: send a request and print the response."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from http.client import responses
from typing import Any, Final

from .._auth.environment import auth_from
from .._auth.tokens import Auth
from .._base.command_line import parse_arguments, report
from .._base.errors import APIStatusError, AuthenticationError, BuildkiteError, ConfigurationError
from .._base.graphql_errors import GraphQLError
from .._base.safe_text import safe_excerpt
from .._client import Buildkite
from .._http.raw import RawResponse
from .._policy.wait_notices import Wait
from .api_options import Options, options_of, parser
from .errors import API_ERROR, NO_RESPONSE, OK, UNAUTHENTICATED, CommandError
from .output import encode, write, write_body

_SURPLUS: Final = "there is more than one PATH. Pass the method as -X METHOD."
_MIN_REPORTED_SECONDS: Final = 5.0
"""Shortest pause that a user should know of."""
_SECRET_HEADERS: Final = frozenset({"set-cookie"})


def main(arguments: Sequence[str], program: str) -> int:
    """Send the request, print the response, and return the exit status."""
    # Pauses and errors are reported here; the client logs them too.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    try:
        namespace = parse_arguments(parser(program), arguments, surplus=_SURPLUS)
        options = options_of(namespace, os.environ)
        with _client(options, program) as client:
            return _call(client, options, program)
    except CommandError as error:
        report(f"{program}: {error}")
        return error.status


def _client(options: Options, program: str) -> Buildkite:
    try:
        auth: Auth = auth_from(os.environ, alternative=f"see {program} --help")
    except ConfigurationError as error:
        raise CommandError(str(error), UNAUTHENTICATED) from None

    def report_pause(wait: Wait) -> None:
        if wait.seconds >= _MIN_REPORTED_SECONDS:
            report(f"{program}: retrying in {wait.seconds:.0f} s: {wait.error}")

    try:
        return Buildkite(auth, base_url=options.base_url, graphql_url=options.graphql_url, on_wait=report_pause)
    except ConfigurationError as error:
        raise CommandError(str(error)) from None


def _call(client: Buildkite, options: Options, program: str) -> int:
    """Send the request and return the exit status."""
    try:
        if options.paginate:
            _write_items(client, options)
        else:
            _write_response(client, options)
    except (APIStatusError, GraphQLError) as error:
        failure = error
    except ConfigurationError as error:  # a token that the HTTP library cannot send, or an invalid proxy
        raise CommandError(str(error), UNAUTHENTICATED) from None
    except BuildkiteError as error:
        raise CommandError(str(error), NO_RESPONSE) from None
    except ValueError as error:  # the path, a header or the body
        raise CommandError(str(error)) from None
    else:
        return OK
    if not options.paginate:
        _write(failure.status, failure.headers, failure.content, options)
    report(f"{program}: {failure}")
    return UNAUTHENTICATED if isinstance(failure, AuthenticationError) else API_ERROR


def _write_response(client: Buildkite, options: Options) -> None:
    raw = _response(client, options)
    _write(raw.status, raw.headers, raw.content, options)


def _response(client: Buildkite, options: Options) -> RawResponse[Any]:
    document = options.document
    if document is None:
        return client.with_raw_response(
            client.request, options.method, options.path, json=options.body, headers=options.headers, type=bytes
        )
    client = client.with_options(headers=options.headers)
    name = document.operation_name
    return client.with_raw_response(client.graphql, document.query, document.variables, operation_name=name)


def _write(status: int, headers: Mapping[str, str], content: bytes, options: Options) -> None:
    if options.include:
        write("".join(_header_lines(status, headers)).encode())
    write_body(content)


def _header_lines(status: int, headers: Mapping[str, str]) -> Iterable[str]:
    yield f"HTTP/1.1 {status} {responses.get(status, '')}\n"
    for name, value in headers.items():
        yield f"{name}: {'***' if name.lower() in _SECRET_HEADERS else safe_excerpt(value, len(value))}\n"
    yield "\n"


def _write_items(client: Buildkite, options: Options) -> None:
    """Write the items of all pages, each page when it is received: as one array, or an item per line."""
    before = b"" if options.lines else b"["
    between = b"\n" if options.lines else b",\n"
    pager = client.paginate(options.path, headers=options.headers, max_items=options.max_items)
    for page in pager.pages():
        if page.items:
            write(before + between.join(map(encode, page.items)))
            before = between
    if options.lines:
        write(b"\n" if before else b"")
    else:
        write(b"]\n" if before == between else b"[]\n")
