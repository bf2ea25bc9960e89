"""Messages of `buildkite-rest api`: failures of requests, and errors of the client in terms of options."""

from __future__ import annotations

import re
from math import ceil, inf
from typing import Final

from .._auth.environment import TOKEN
from .._base.errors import APIStatusError, RateLimitError
from .._base.graphql_errors import GraphQLError
from .._base.json_values import as_object
from .._http.attempts import MAX_ERROR_BODY_BYTES
from .._policy.retries import requested_pause

_OPTIONS: Final = (
    (re.compile(r"\b([Pp]ass) (base|graphql)_url=… to the client"), r"\1 --\2-url"),
    (re.compile(r"\bPass auth=… to the client"), f"Set {TOKEN}"),
    (re.compile(r"\brewrite_next_urls=True\b"), "--rewrite-next-urls"),
    (re.compile(r"\bbase_url\b"), "--base-url"),
    (re.compile(r"\bgraphql_url\b"), "--graphql-url"),
    (re.compile(r"^path\b|(?<=\bCheck )path\b"), "PATH"),
    (re.compile(r"^operation_name\b"), "operationName"),
    (re.compile(r"^headers has the name\b"), "-H has the name"),
    (re.compile(r"^headers must not contain\b"), "-H must not be"),
)
"""Names of arguments of the client in its messages, and those of options."""


def with_option_names(message: str) -> str:
    """Return a message of the client with the names of options in place of those of arguments."""
    for argument, option in _OPTIONS:
        message = argument.sub(option, message)
    return message


def is_redirect_to_file(failure: APIStatusError | GraphQLError) -> bool:
    """Whether the response is a redirect to the URL in its body, as that of the download of an artifact is."""
    url = as_object(failure.body).get("url") if isinstance(failure, APIStatusError) else None
    return url is not None and 300 <= failure.status < 400 and url == failure.headers.get("Location")


def failure_message(failure: APIStatusError | GraphQLError) -> str:
    """Return the message of a failed request."""
    message = str(failure)
    if isinstance(failure, RateLimitError):
        pause = requested_pause(failure.status, failure.headers, failure.body) or 0.0
        if failure.reset is not None and pause <= failure.reset:
            message += f". The limit resets in {failure.reset} s. Retry then."
        elif 0 < pause < inf:
            message += f". Retry in {ceil(pause)} s."
    if isinstance(failure, APIStatusError):
        if 300 <= failure.status < 400:
            message = with_option_names(message)
        if _is_cut_off(failure):
            message += f". The body is incomplete: {len(failure.content)} bytes were read."
    return message


def _is_cut_off(failure: APIStatusError) -> bool:
    """Whether the body of an error is incomplete: it is too large, or the connection broke."""
    if len(failure.content) >= MAX_ERROR_BODY_BYTES:
        return True
    length = failure.headers.get("Content-Length", "")
    if "Content-Encoding" in failure.headers or failure.method == "HEAD":
        return False
    return length.isdecimal() and int(length[:18]) > len(failure.content)
