"""Checks beyond those of schemathesis: links, CORS, errors, rate limits, media types, secrets, consistent bodies.

The rules are pure functions, which yield a message for each violation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import schemathesis
from requests.structures import CaseInsensitiveDict
from schemathesis import Case, CheckContext, Response
from schemathesis.core.media_types import YAML_MEDIA_TYPES

from .._base.json_values import as_object, is_array, is_object
from .._base.rate_limits import RateLimit
from .._pagination.links import parse_links
from .bodies import decoded
from .clock_header import Clock
from .confidential import Confidential
from .error_rules import error_problems
from .header_rules import (
    RATE_LIMIT_PREFIXES,
    location_problems,
    media_type_problems,
    new_location_problems,
    rate_limit_value_problems,
)
from .invariants.checks import body_consistency
from .limit_resets import LimitResets
from .order import DocumentedOrders
from .page_items import items_of
from .page_links import ListRequest, cursor_problems, page_problems, same_links_problems
from .returned_by import ReturnedBy
from .spec import Operation
from .strict_spec import StrictCheck
from .urls import url_parts
from .validators import Validators

#: Statuses of errors that the API itself sends, so that their bodies have its shape. Others may come from a proxy.
_ERRORS: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 416, 422, 429})
#: Relations of the pages of a list.
_PAGES: Final = frozenset({"next", "prev", "first", "last"})
#: Methods that reach the API.
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def register() -> None:
    """Register the checks in schemathesis, which runs all registered ones. The spec declares YAML as plain text."""
    for check in CHECKS:
        schemathesis.check(check)
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)


def link_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the URLs of other pages lead to the same list, with page numbers that fit, or that there are none."""
    pagination = case.operation.definition.raw.get("x-pagination")
    if response.status_code != 200 or case.method.lower() != case.operation.method:
        return True
    body = decoded(response.content)  # another check reports what is not JSON
    if pagination not in {"link", "cursor"}:
        links = parse_links(", ".join(response.headers.get("link") or ())) if is_array(body) else {}
        _raise_for(f"a list without pages has a Link with rel={name}" for name in _PAGES & links.keys())
        return None
    names = {parameter.name for parameter in case.operation.query}
    request = ListRequest(str(response.request.url), lambda name: name.partition("[")[0] in names or name in names)
    if pagination == "cursor":
        _raise_for(cursor_problems(request, as_object(body)))
        if "Link" in as_object(as_object(case.operation.definition.raw["responses"].get("200")).get("headers")):
            _raise_for(same_links_problems(as_object(body), ", ".join(response.headers.get("link") or ())))
    elif is_array(body):
        _raise_for(page_problems(request, ", ".join(response.headers.get("link") or ()), len(body)))
    return None


def item_order(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the items of a page are in the documented order, unless a parameter sorts them."""
    known = next(iter(_documented_orders), None)
    if known is None or response.status_code != 200 or case.method.lower() != case.operation.method:
        return True
    items = items_of(decoded(response.content))
    query = url_parts(str(response.request.url)).query
    _raise_for(known.problems(f"{response.request.method} {case.operation.path}", query, items or ()))
    return None


def cors_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that web pages of any origin may read the response and the URL of the next page, and that no cache may."""
    if not 200 <= response.status_code < 500 or case.method.lower() != case.operation.method:
        return True
    headers = {name: values[-1] for name, values in response.headers.items()}
    is_public = case.operation.definition.raw.get("security") == []
    _raise_for(chain(cors_problems(headers), () if is_public else cache_problems(headers)))
    return None


def error_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that an error has the documented shape and shows nothing of the inside of the server."""
    if response.status_code not in _ERRORS or response.request.method not in _METHODS:
        return True
    _raise_for(error_problems(_headers(response).get("Content-Type", ""), _text(response), _sent(response)))
    return None


def rate_limit_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the values of the rate limits fit together, and that the clock that they are in runs."""
    headers = _headers(response)
    request, url = response.request, urlsplit(str(response.request.url))
    organization = _ORGANIZATION.search(url.path)
    window = (url.netloc, organization and organization[1], hash(request.headers.get("Authorization")))
    clock = _clock.problems(url.netloc, headers)
    _raise_for(chain(rate_limit_value_problems(headers), _resets.problems(window, headers), clock))
    return None


def media_type_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the body has the type of its header, and that a request for one type got it."""
    if response.request.method == "HEAD" or not 200 <= response.status_code < 300 or not response.content:
        return True
    accept = str(response.request.headers.get("Accept") or "")
    raw = case.operation.definition.raw
    types = {media_type for each in as_object(raw.get("responses")).values() for media_type in each.get("content", ())}
    accept = accept if accept in types else ""
    _raise_for(media_type_problems(_headers(response).get("Content-Type", ""), response.content, accept))
    return None


def location_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a `Location` is an absolute URL, and that of a new object its own. Another check finds credentials."""
    location = _headers(response).get("Location")
    if location is None or not 200 <= response.status_code < 400:
        return True
    body = decoded(response.content) if response.status_code == 201 else None
    _raise_for(chain(location_problems(location), new_location_problems(location, body)))
    return None


def organization_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the URLs of a response belong to the organization of the request."""
    if not 200 <= response.status_code < 300:
        return True
    _raise_for(organization_problems(str(response.request.url), _text(response)))
    return None


def secret_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that no response contains the token, or a secret that the API returns only once or never."""
    watched = next(iter(_watched), None)
    operation = watched.operation(f"{response.request.method} {case.operation.path}") if watched else None
    if watched is None or operation is None:
        return True
    _raise_for(watched.problems(operation, str(response.request.url), _headers(response), _text(response)))
    if operation.is_success(response.status_code):
        watched.learn(operation, case.body if case.meta is None else None, decoded(response.content))
    return None


def requested_property(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a property is in the response if and only if the request body asks for it."""
    watched = next(iter(_watched), None)
    operation = watched.operation(f"{response.request.method} {case.operation.path}") if watched else None
    body, content = decoded(response.content), response.request.body
    sent = (
        decoded(content.encode() if isinstance(content, str) else content) if isinstance(content, str | bytes) else None
    )
    if operation is None or not operation.is_success(response.status_code) or not is_object(sent):
        return True
    if is_object(body):
        _raise_for(inclusion_problems(operation, sent, body))
    return None


def validator_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a representation that has changed has other validators."""
    known = next(iter(_validators), None)
    is_read = response.request.method == "GET" and response.status_code == 200
    if known is None or not is_read or case.method.lower() != case.operation.method:
        return True
    url, headers = str(response.request.url), response.request.headers
    _raise_for(known.problems(url, headers, _headers(response), response.content))
    return None


def returned_only_by(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a property is returned by the operations that the spec names, and by no others."""
    known = next(iter(_returned_by), None)
    is_success = 200 <= response.status_code < 300 and response.request.method in _METHODS
    if known is None or not is_success or case.method.lower() != case.operation.method:
        return True
    _raise_for(known.problems(f"{response.request.method} {case.operation.path}", decoded(response.content)))
    return None


def undescribed_property(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a response has only what the spec describes, and what all known responses have."""
    strict = next(iter(_strict), None)
    method = str(response.request.method)
    is_success = 200 <= response.status_code < 300 and bool(response.content)
    if strict is None or not is_success or method == "HEAD" or method.lower() != case.operation.method:
        return True
    content_type = _headers(response).get("Content-Type", "")
    found = _ORGANIZATION.search(urlsplit(str(response.request.url)).path)
    organization = "" if found is None else unquote(found[1])
    path, status, content = case.operation.path, response.status_code, response.content
    _raise_for(strict.problems(method, path, status, content_type, content, organization=organization))
    return None


#: All checks of this module.
CHECKS: Final = (
    link_conformance,
    item_order,
    cors_conformance,
    error_conformance,
    rate_limit_conformance,
    media_type_conformance,
    location_conformance,
    organization_conformance,
    secret_conformance,
    requested_property,
    body_consistency,
    returned_only_by,
    undescribed_property,
    validator_conformance,
)
_resets: Final = LimitResets()
_clock: Final = Clock()
_watched: list[Confidential] = []
_strict: list[StrictCheck] = []
_returned_by: list[ReturnedBy] = []
_documented_orders: list[DocumentedOrders] = []
_validators: list[Validators] = []


def watch(confidential: Confidential, strict: StrictCheck) -> None:
    """Set the secrets and the strict variant of the spec of a run: checks are registered for the whole process."""
    _watched[:] = [confidential]
    _strict[:] = [strict]
    _returned_by[:] = [ReturnedBy(confidential.spec)]
    _documented_orders[:] = [DocumentedOrders.of(confidential.spec)]
    _validators[:] = [Validators()]


def _text(response: Response) -> str:
    return response.content.decode("utf-8", "replace")


def _sent(response: Response) -> str:
    """Return the URL and the body of the request, as text."""
    body: Any = response.request.body
    content = body.decode("utf-8", "replace") if isinstance(body, bytes) else body if isinstance(body, str) else ""
    return f"{unquote(str(response.request.url))}\n{content}"


def _headers(response: Response) -> Mapping[str, str]:
    """Return the headers of a response, whose names may have any case."""
    return CaseInsensitiveDict({name: ", ".join(values) for name, values in response.headers.items()})


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
    if headers.get("access-control-allow-credentials", "").lower() == "true":
        yield "Access-Control-Allow-Credentials is true, which no browser accepts for any origin"


def cache_problems(headers: Mapping[str, str]) -> Iterator[str]:
    """Check that no shared cache may store what needs a credential. The names of the headers are in lower case."""
    found = {word.strip().partition("=")[0].lower() for word in headers.get("cache-control", "").split(",")}
    if shared := found & {"public", "s-maxage"}:
        yield f"Cache-Control has {min(shared)} although the response needs a credential"


def preflight_problems(status: int, headers: Mapping[str, str], method: str, names: Iterable[str]) -> Iterator[str]:
    """Check the response to a preflight request for a method and headers, whose names are in lower case."""
    lower = {name.lower(): value for name, value in headers.items()}
    yield from cors_problems({"access-control-expose-headers": "*", **lower})
    methods = lower.get("access-control-allow-methods", "")
    if method not in {name.strip() for name in methods.split(",")} and methods.strip() != "*":
        yield f"Access-Control-Allow-Methods does not list {method}"
    allowed = {name.strip() for name in lower.get("access-control-allow-headers", "").lower().split(",")}
    for name in names:
        # A wildcard does not include Authorization.
        if name not in allowed and not ("*" in allowed and name != "authorization"):
            yield f"Access-Control-Allow-Headers does not list {name.title()}"
    if not 200 <= status < 300:
        yield f"the preflight request gets {status}"


def inclusion_problems(operation: Operation, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    """Compare a response with the properties of the request that have `x-includes`."""
    for name, schema in operation.body_properties.items():
        included, wanted = schema.get("x-includes"), sent.get(name, False)
        if not isinstance(included, str) or not isinstance(wanted, bool):
            continue
        if (wanted and body.get(included) is None) or (not wanted and included in body):
            shown = str(wanted).lower() if name in sent else "missing"
            yield f"{included} is {'missing' if wanted else 'in the response'}, although {name} is {shown}"


_URL: Final = re.compile(
    r'"(?:\w+_)?url"\s*:\s*"(https?://[^/"]+)/v2/(?:\w+/)?organizations/([^/"?#]+)', re.ASCII | re.IGNORECASE
)
_ORGANIZATION: Final = re.compile(r"/v2/(?:\w+/)?organizations/([^/?#]+)")


def organization_problems(url: str, text: str) -> Iterator[str]:
    """Check that the URLs of the API in a response to a request for an organization belong to this one."""
    requested = urlsplit(url)
    own = _ORGANIZATION.match(requested.path)
    if own is None:
        return
    origin = f"{requested.scheme}://{requested.netloc}"
    if others := sorted({slug for base, slug in _URL.findall(text) if base == origin and slug != own[1]}):
        yield f"the response has URLs of the organization {others[0]} instead of {own[1]}"


def rate_limit_problems(headers: Mapping[str, str], body: object) -> Iterator[str]:
    """Check that a 429 names the exhausted limit and its reset."""
    fields: Mapping[str, Any] = as_object(body)
    for name, kind in {"message": str, "scope": str, "limit": int, "current": int, "reset": int}.items():
        if not isinstance(fields.get(name), kind) or isinstance(fields.get(name), bool):
            yield f"the body has no {name!r} of type {kind.__name__}"
    limits = [RateLimit.from_headers(headers, prefix) for prefix in RATE_LIMIT_PREFIXES]
    for prefix, limit in zip(RATE_LIMIT_PREFIXES, limits, strict=True):
        if limit is None or None in (limit.scope, limit.limit, limit.remaining, limit.reset):
            yield f"one of the four headers {prefix}-* is missing"
    if all(limit is None or limit.remaining != 0 for limit in limits):
        yield "no header has an exhausted limit"
