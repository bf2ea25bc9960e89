"""`buildkite-rest api`: send a request and print the response."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from http.client import responses
from math import ceil
from typing import Any, Final

import msgspec

from .._auth.environment import TOKEN, auth_from
from .._base.command_line import parse_arguments, report
from .._base.errors import (
    APIStatusError,
    AuthenticationError,
    BuildkiteError,
    ConfigurationError,
    GraphQLError,
    NotFoundError,
    RateLimitError,
)
from .._base.json_values import as_object
from .._base.safe_text import hide_credential, safe_excerpt
from .._client import Buildkite
from .._http.raw import RawResponse
from .._policy.retries import Wait, requested_pause
from .api_options import parser
from .api_request import Document, Request, request_of
from .exit_statuses import API_ERROR, NO_RESPONSE, OK, UNAUTHENTICATED, UNWRITTEN, CommandError
from .output import Output, item_text

_ARGUMENT: Final = re.compile(r"\b(?:base_url|graphql_url|rewrite_next_urls|max_items)\b")
"""Arguments of the client that are options of the command."""
_MIN_REPORTED_SECONDS: Final = 5.0
"""Shortest pause that a user should know of."""
_SECRET_HEADERS: Final = frozenset({"set-cookie"})
_MAX_HEADER_LENGTH: Final = 1 << 20
_SURPLUS: Final = "there is more than one PATH. Pass the method as -X METHOD."


def with_option_names(message: str) -> str:
    """Return a message of the client with the names of options in place of those of arguments."""
    return _ARGUMENT.sub(lambda name: f"--{name[0].replace('_', '-')}", message)


def is_redirect_to_file(failure: APIStatusError | GraphQLError) -> bool:
    """Whether the response is a redirect to the URL in its body, as that of the download of an artifact is."""
    url = as_object(failure.body).get("url") if isinstance(failure, APIStatusError) else None
    return url is not None and 300 <= failure.status < 400 and url == failure.headers.get("Location")


def failure_message(failure: APIStatusError | GraphQLError, path: str) -> str:
    """Return the message of a failed request to PATH."""
    message = with_option_names(str(failure))
    if isinstance(failure, RateLimitError):
        pause = requested_pause(failure.status, failure.headers, failure.body) or 0.0
        if pause > 0:
            message += f". Retry in {ceil(pause)} s."
    if isinstance(failure, NotFoundError) and not path.lstrip("/").startswith(("v2/", "http")):
        message += f". Did you mean /v2/{path.lstrip('/').partition('?')[0]}?"
    return message


def main(arguments: Sequence[str], program: str) -> int:
    """Send the request, print the response, and return the exit status."""
    # Pauses and errors are reported here; the client logs them too.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    if token := os.environ.get(TOKEN):
        hide_credential(token)  # It may be in an argument, and so in a message before the first request.
    namespace = parse_arguments(parser(program), arguments, surplus=_SURPLUS)
    try:
        return _run(namespace, program)
    except CommandError as error:
        report(f"{program}: {error}")
        return error.status


def _run(namespace: argparse.Namespace, program: str) -> int:
    request = request_of(namespace, os.environ)
    if sys.stdout is None:
        raise CommandError("standard output is closed. Nothing was sent.")
    with _client(namespace, program) as client:
        return _call(client, namespace, request, program)


def _client(namespace: argparse.Namespace, program: str) -> Buildkite:
    try:
        auth = auth_from(os.environ, alternative=f"see {program} --help")
    except ConfigurationError as error:
        raise CommandError(str(error), UNAUTHENTICATED) from None

    def report_pause(wait: Wait) -> None:
        if wait.seconds >= _MIN_REPORTED_SECONDS:
            report(f"{program}: retrying in {wait.seconds:.0f} s: {wait.error}")

    try:
        return Buildkite(
            auth,
            base_url=namespace.base_url,
            graphql_url=namespace.graphql_url,
            rewrite_next_urls=namespace.rewrite_next_urls,
            timeout=namespace.timeout,
            on_wait=report_pause,
        )
    except (ConfigurationError, ValueError) as error:
        raise CommandError(with_option_names(str(error))) from None


def _call(client: Buildkite, namespace: argparse.Namespace, request: Request | Document, program: str) -> int:
    """Send the request and return the exit status."""
    output = Output(f"{program}: ", ". The request was sent.", UNWRITTEN)
    try:
        client = client.with_options(headers=dict(namespace.header))
        if isinstance(request, Request) and namespace.paginate:
            _write_items(client, namespace, request, output)
        else:
            raw = _response(client, request)
            _write(raw.status, raw.headers, raw.content, namespace, output)
    except (APIStatusError, GraphQLError) as error:
        failure = error
    except (ConfigurationError, ValueError) as error:  # a header, the path, the body or a proxy
        raise CommandError(with_option_names(str(error))) from None
    except BuildkiteError as error:
        raise CommandError(with_option_names(str(error)), NO_RESPONSE) from None
    else:
        return OK
    if not namespace.paginate:
        _write(failure.status, failure.headers, failure.content, namespace, output)
        if is_redirect_to_file(failure):
            return OK
    report(f"{program}: {failure_message(failure, namespace.path)}")
    return UNAUTHENTICATED if isinstance(failure, AuthenticationError) else API_ERROR


def _response(client: Buildkite, request: Request | Document) -> RawResponse[Any]:
    if isinstance(request, Request):
        return client.with_raw_response(
            client.request, request.method, request.path, json=request.body, response_type=bytes
        )
    name = request.operation_name
    return client.with_raw_response(client.graphql, request.query, request.variables, operation_name=name)


def _write(
    status: int, headers: Mapping[str, str], content: bytes, namespace: argparse.Namespace, output: Output
) -> None:
    if namespace.include:
        output.write("".join(_header_lines(status, headers)).encode())
    output.write_body(content)


def _header_lines(status: int, headers: Mapping[str, str]) -> Iterable[str]:
    yield f"HTTP/1.1 {status} {responses.get(status, '')}\n"
    pairs: Iterable[tuple[str, str]] = getattr(headers, "multi_items", headers.items)()  # not joined by commas
    for name, value in pairs:
        yield f"{name}: {'***' if name.lower() in _SECRET_HEADERS else safe_excerpt(value, _MAX_HEADER_LENGTH)}\n"
    yield "\n"


def _write_items(client: Buildkite, namespace: argparse.Namespace, request: Request, output: Output) -> None:
    """Write the items of all pages, each page when it is received: as one array, or an item per line."""
    opening, between, closing = (b"", b"\n", b"\n") if namespace.jsonl else (b"[", b",\n", b"]\n")
    before = opening
    for page in client.paginate(request.path, max_items=namespace.max_items, item_type=msgspec.Raw).pages():
        if page.items:
            output.write(before + between.join(item_text(item, one_line=namespace.jsonl) for item in page.items))
            before = between
    output.write(closing if before == between else b"" if namespace.jsonl else b"[]\n")
