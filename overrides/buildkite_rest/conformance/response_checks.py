"""Checks beyond those of schemathesis: links of pages, CORS, rate limits, and the consistency of bodies.

The rules are pure functions, which yield a message for each violation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.core.media_types import YAML_MEDIA_TYPES

from .._base.json_values import as_object, is_array
from .._base.rate_limits import RateLimit
from .invariants.checks import body_consistency
from .page_links import ListRequest, cursor_problems, page_problems

_RATE_LIMIT_PREFIXES: Final = ("RateLimit", "RateLimit-User")


def register() -> None:
    """Register the checks in schemathesis, which runs all registered ones. The spec declares YAML as plain text."""
    for check in (link_conformance, cors_conformance, body_consistency):
        schemathesis.check(check)
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)


def link_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the URLs of other pages lead to the same list, with page numbers that fit."""
    pagination = case.operation.definition.raw.get("x-pagination")
    is_page = response.status_code == 200 and pagination in {"link", "cursor"}
    if not is_page or case.method.lower() != case.operation.method:
        return True
    try:
        body = response.json()
    except ValueError:
        return True  # another check reports it
    names = {parameter.name for parameter in case.operation.query}
    request = ListRequest(str(response.request.url), lambda name: name.partition("[")[0] in names or name in names)
    if pagination == "cursor":
        _raise_for(cursor_problems(request, as_object(body)))
    elif is_array(body):
        _raise_for(page_problems(request, ", ".join(response.headers.get("link") or ()), len(body)))
    return None


def cors_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that web pages of any origin may read the response and the URL of the next page."""
    if not 200 <= response.status_code < 300 or case.method.lower() != case.operation.method:
        return True
    _raise_for(cors_problems({name: values[-1] for name, values in response.headers.items()}))
    return None


def _raise_for(problems: Iterator[str]) -> None:
    if text := "\n".join(problems):
        raise AssertionError(text)


def cors_problems(headers: Mapping[str, str]) -> Iterator[str]:
    """Check the CORS headers of a response, whose names are in lower case."""
    if headers.get("access-control-allow-origin") != "*":
        yield "Access-Control-Allow-Origin is not *"
    exposed = headers.get("access-control-expose-headers", "").lower().split(",")
    if not {"link", "*"} & {name.strip() for name in exposed}:
        yield "Access-Control-Expose-Headers does not list Link"


def rate_limit_problems(headers: Mapping[str, str], body: object) -> Iterator[str]:
    """Check that a 429 names the exhausted limit and its reset."""
    fields: Mapping[str, Any] = as_object(body)
    for name, kind in {"message": str, "scope": str, "limit": int, "current": int, "reset": int}.items():
        if not isinstance(fields.get(name), kind) or isinstance(fields.get(name), bool):
            yield f"the body has no {name!r} of type {kind.__name__}"
    limits = [RateLimit.from_headers(headers, prefix) for prefix in _RATE_LIMIT_PREFIXES]
    for prefix, limit in zip(_RATE_LIMIT_PREFIXES, limits, strict=True):
        if limit is None or None in (limit.scope, limit.limit, limit.remaining, limit.reset):
            yield f"one of the four headers {prefix}-* is missing"
    if all(limit is None or limit.remaining != 0 for limit in limits):
        yield "no header has an exhausted limit"
