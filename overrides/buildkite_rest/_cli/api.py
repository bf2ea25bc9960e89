"""`buildkite-rest api`: send a request and print the response."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from http.client import responses
from typing import Any, Final

import msgspec

from .._auth.environment import TOKEN, auth_from
from .._auth.tokens import Auth
from .._base.command_line import report
from .._base.errors import APIStatusError, AuthenticationError, BuildkiteError, ConfigurationError
from .._base.graphql_errors import GraphQLError
from .._base.safe_text import hide_credential, safe_excerpt
from .._base.urls import without_query
from .._client import Buildkite
from .._http.raw import RawResponse
from .._policy.wait_notices import Wait
from .api_options import Options, options_of, parse
from .errors import API_ERROR, NO_RESPONSE, OK, UNAUTHENTICATED, UNWRITTEN, CommandError
from .messages import failure_message, is_redirect_to_file, with_option_names
from .output import Output, item_text

_MIN_REPORTED_SECONDS: Final = 5.0
"""Shortest pause that a user should know of."""
_SECRET_HEADERS: Final = frozenset({"set-cookie"})
_MAX_HEADER_LENGTH: Final = 1 << 20


def main(arguments: Sequence[str], program: str) -> int:
    """Send the request, print the response, and return the exit status."""
    # Pauses and errors are reported here; the client logs them too.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    if token := os.environ.get(TOKEN):
        hide_credential(token)  # It may be in an argument, and so in a message before the first request.
    try:
        options = options_of(parse(arguments, program), os.environ)
        _check_output()
        with _client(options, program) as client:
            return _call(client, options, program)
    except CommandError as error:
        report(f"{program}: {error}")
        return error.status


def _check_output() -> None:
    if sys.stdout is None:
        raise CommandError("standard output is closed. Nothing was sent.")


def _client(options: Options, program: str) -> Buildkite:
    try:
        auth: Auth = auth_from(os.environ, alternative=f"see {program} --help")
    except ConfigurationError as error:
        raise CommandError(str(error), UNAUTHENTICATED) from None

    def report_pause(wait: Wait) -> None:
        if wait.seconds >= _MIN_REPORTED_SECONDS:
            report(f"{program}: retrying in {wait.seconds:.0f} s: {wait.error}")

    try:
        return Buildkite(
            auth,
            base_url=options.base_url,
            graphql_url=options.graphql_url,
            rewrite_next_urls=options.rewrite_next_urls,
            timeout=options.timeout,
            on_wait=report_pause,
        )
    except ConfigurationError as error:
        raise CommandError(with_option_names(str(error))) from None


def _call(client: Buildkite, options: Options, program: str) -> int:
    """Send the request and return the exit status."""
    output = Output(f"{program}: ", ". The request was sent.", UNWRITTEN)
    try:
        if options.paginate:
            _write_items(client, options, output)
        else:
            raw = _response(client, options)
            _write(raw.status, raw.headers, raw.content, options, output)
    except (APIStatusError, GraphQLError) as error:
        failure = error
    except ConfigurationError as error:  # a token that the HTTP library cannot send, or an invalid proxy
        raise CommandError(with_option_names(str(error)), UNAUTHENTICATED) from None
    except BuildkiteError as error:
        raise CommandError(with_option_names(str(error)), NO_RESPONSE) from None
    except ValueError as error:  # the path, a header or the body
        raise CommandError(with_option_names(str(error))) from None
    else:
        return OK
    if not options.paginate:
        _write(failure.status, failure.headers, failure.content, options, output)
        if is_redirect_to_file(failure):
            return OK
    report(f"{program}: {failure_message(failure)}")
    return UNAUTHENTICATED if isinstance(failure, AuthenticationError) else API_ERROR


def _response(client: Buildkite, options: Options) -> RawResponse[Any]:
    document = options.document
    if document is None:
        return client.with_raw_response(
            client.request, options.method, options.path, json=options.body, headers=options.headers, type=bytes
        )
    client = client.with_options(headers=options.headers)
    name = document.operation_name
    return client.with_raw_response(client.graphql, document.query, document.variables, operation_name=name)


def _write(status: int, headers: Mapping[str, str], content: bytes, options: Options, output: Output) -> None:
    if options.include:
        output.write("".join(_header_lines(status, headers)).encode())
    output.write_body(content)


def _header_lines(status: int, headers: Mapping[str, str]) -> Iterable[str]:
    yield f"HTTP/1.1 {status} {responses.get(status, '')}\n"
    pairs: Iterable[tuple[str, str]] = getattr(headers, "multi_items", headers.items)()  # not joined by commas
    for name, value in pairs:
        yield f"{name}: {'***' if name.lower() in _SECRET_HEADERS else safe_excerpt(value, _MAX_HEADER_LENGTH)}\n"
    yield "\n"


def _texts(items: Iterable[object], options: Options) -> Iterable[bytes]:
    try:
        return [item_text(item, one_line=options.lines) for item in items]
    except (ValueError, RecursionError):
        problem = "a page has an item that is nested too deeply, or with a number that is not JSON"
        solution = "Remove --paginate to print a page as received, and pass -q page=N"
        raise CommandError(f"GET {without_query(options.path)}: {problem}. {solution}.", NO_RESPONSE) from None


def _write_items(client: Buildkite, options: Options, output: Output) -> None:
    """Write the items of all pages, each page when it is received: as one array, or an item per line."""
    before = b"" if options.lines else b"["
    between = b"\n" if options.lines else b",\n"
    pager = client.paginate(options.path, headers=options.headers, max_items=options.max_items, type=msgspec.Raw)
    for page in pager.pages():
        if page.items:
            output.write(before + between.join(_texts(page.items, options)))
            before = between
    if options.lines:
        output.write(b"\n" if before else b"")
    else:
        output.write(b"]\n" if before == between else b"[]\n")
