"""GraphQL: token, scope, form of the request and response headers. There is no schema: tests plan the responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs
import msgspec

from ..._base.arguments import is_mapping
from .call import Reply, json
from .errors import BadRequestError

#: Path of the GraphQL API on the mock. The real one is `https://graphql.buildkite.com/v1`.
GRAPHQL_PATH: Final = "/graphql/v1"
#: Path of planned responses to valid requests for an operation.
OPERATION_PATH: Final = f"{GRAPHQL_PATH}/{{}}"
GRAPHQL_SCOPE: Final = "graphql"
#: Complexity points of an organization and of a user.
GRAPHQL_LIMIT: Final = 20_000
_USER_LIMIT: Final = 5_000
_WINDOW_SECONDS: Final = 300
_OPERATION: Final = re.compile(r"(?:query|mutation|subscription)\s+([A-Za-z_][A-Za-z0-9_]*)")


def graphql_reset(now: float) -> int:
    """Return the seconds until the window of the limits ends."""
    return _WINDOW_SECONDS - int(now) % _WINDOW_SECONDS


def limit_headers(now: float) -> dict[str, str]:
    """Return the headers of all GraphQL responses. The mock never uses points."""
    reset = str(graphql_reset(now))
    limits = {"RateLimit": str(GRAPHQL_LIMIT), "RateLimit-User": str(_USER_LIMIT)}
    headers = {"RateLimit-Complexity-Requested": "0", "RateLimit-Complexity-Actual": "0"}
    for prefix, limit in limits.items():
        headers |= {f"{prefix}-Remaining": limit, f"{prefix}-Limit": limit, f"{prefix}-Reset": reset}
    return headers


def limit_exceeded() -> Reply:
    """Return the 429 of an organization that has used its points. The limit resets after a second."""
    message = f"Your organization has exceeded the limit of {GRAPHQL_LIMIT} complexity points."
    headers = {**limit_headers(0), "RateLimit-Remaining": "0", "RateLimit-Reset": "1"}
    return graphql_errors(f"{message} Please try again in 1 seconds.", status=429, headers=headers)


def graphql_errors(message: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a response with one error."""
    return json({"errors": [{"message": message}]}, status, headers)


def operation_name(body: bytes) -> str | None:
    """Return the name of the operation in a request body, or None if it has none.

    Without `operationName` it is that of the first operation at the beginning of a line.

    Raises:
        BadRequestError: The body is not a JSON object with a query.
    """
    try:
        request: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("The body is not valid JSON") from error
    query = request.get("query") if is_mapping(request) else None
    if not is_mapping(request) or not isinstance(query, str):
        raise BadRequestError("The body must be a JSON object with a query")
    name = request.get("operationName")
    if isinstance(name, str) and name:
        return name
    return next((found[1] for line in query.splitlines() if (found := _OPERATION.match(line.lstrip()))), None)


def unplanned(name: str | None) -> Reply:
    """Return the response to an operation without a planned one."""
    operation = "the operation" if name is None else f"the operation {name}"
    return graphql_errors(f"The mock has no response to {operation}. Set one with MockServer.respond_graphql.")


def with_limits(reply: Reply, now: float) -> Reply:
    """Return a response with the headers that report the limits, unless it has its own."""
    return attrs.evolve(reply, headers={**limit_headers(now), **reply.headers})
