"""Messages of `buildkite-rest api`: failures of requests, and errors of the client in terms of options."""

from __future__ import annotations

import re
from math import ceil, inf
from typing import Final

from .._auth.environment import TOKEN
from .._base.errors import APIStatusError, NotFoundError, RateLimitError
from .._base.graphql_errors import GraphQLError
from .._base.json_values import as_object
from .._http.calls import MAX_ERROR_BODY_BYTES
from .._policy.retries import requested_pause

_OPTIONS: Final = (
    (re.compile(r"\b([Pp]ass) (base|graphql)_url=… to the client"), r"\1 --\2-url"),
    (re.compile(r"\bPass auth=… to the client"), f"Set {TOKEN}"),
    (re.compile(r"\brewrite_next_urls=True\b"), "--rewrite-next-urls"),
    (re.compile(r"\b(base|graphql)_url\b"), r"--\1-url"),
    (re.compile(r"^path\b|(?<=\bCheck )path\b"), "PATH"),
    (re.compile(r"^operation_name\b"), "operationName"),
    (re.compile(r"^headers\b"), "-H"),
    (re.compile(r"^method\b"), "-X"),
    (re.compile(r"^max_items\b"), "--max-items"),
    (re.compile(r"^timeout\b"), "--timeout"),
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


def failure_message(failure: APIStatusError | GraphQLError, path: str) -> str:
    """Return the message of a failed request to PATH."""
    message = with_option_names(str(failure))
    if isinstance(failure, RateLimitError):
        pause = requested_pause(failure.status, failure.headers, failure.body) or 0.0
        if 0 < pause < inf:
            message += f". Retry in {ceil(pause)} s."
    if isinstance(failure, NotFoundError) and not path.lstrip("/").startswith(("v2/", "http")):
        message += f". Did you mean /v2/{path.lstrip('/').partition('?')[0]}?"
    if isinstance(failure, APIStatusError) and len(failure.content) >= MAX_ERROR_BODY_BYTES:
        message += f". The body is incomplete: {len(failure.content)} bytes were read."
    return message
