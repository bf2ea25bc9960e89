"""What schemathesis does not check by itself, and what it must not hold against the API."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.media_types import YAML_MEDIA_TYPES
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import AllowHeaderMismatch, RejectedPositiveData, UseAfterFree

from .._base.json_values import as_array, as_object, is_array
from .credentials import as_json
from .lenience import is_accepted, is_no_body
from .links import Asked, cursor_problems, page_problems

#: What errors of a field say when it is missing.
_MISSING: Final = frozenset({"missing", "missing_field"})
#: Documented statuses that say: well asked, but not of this object in this state.
_REFUSALS: Final = frozenset({400, 416, 422})


def link_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the addresses of other pages stay in the list and that their numbers make sense."""
    kind = case.operation.definition.raw.get("x-pagination")
    if response.status_code != 200 or kind not in {"link", "cursor"} or case.method.lower() != case.operation.method:
        return True
    try:
        body = response.json()
    except ValueError:
        return True  # Another check says so.
    problems = list(_problems(kind, _asked(case, response), response, body))
    if problems:
        raise AssertionError("\n".join(problems))
    return None


def _asked(case: Case[Any], response: Response) -> Asked:
    names = {parameter.name for parameter in case.operation.query}
    return Asked(str(response.request.url), lambda name: name.partition("[")[0] in names or name in names)


def _problems(kind: str, asked: Asked, response: Response, body: object) -> Iterator[str]:
    if kind == "link" and is_array(body):
        header = response.headers.get("link")
        yield from page_problems(asked, ", ".join(header) if header else None, len(body))
    elif kind == "cursor":
        yield from cursor_problems(asked, as_object(body))


def cors_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a page of any origin may read the answer, and where the next page is."""
    if not 200 <= response.status_code < 300 or case.method.lower() != case.operation.method:
        return True
    problems = list(cors_problems({name: values[-1] for name, values in response.headers.items()}))
    if problems:
        raise AssertionError("\n".join(problems))
    return None


def cors_problems(headers: Mapping[str, str]) -> Iterator[str]:
    """Return what keeps a browser from reading an answer. The names of headers are in lower case."""
    if headers.get("access-control-allow-origin") != "*":
        yield "Access-Control-Allow-Origin is not *"
    exposed = headers.get("access-control-expose-headers", "").lower().split(",")
    if not {"link", "*"} & {name.strip() for name in exposed}:
        yield "Access-Control-Expose-Headers does not name Link"


def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Return whether a failure is one.

    A description cannot say that a finished build is not canceled or that an unknown cursor is not one. A request that
    fits it may be refused for such a reason, if the refusal is documented and is not for want of a field. Reading
    depends on no state, so only six reasons count there: a cursor, a page that lies too deep, a range of bytes,
    parameters that exclude each other, a day that its month does not have, and an object of a kind that has nothing of
    the sort.

    Nor can it say that an invitation that is deleted is only revoked, and may still be read. That a method does the
    same as another one it says in words that schemathesis does not know.

    The API accepts values in a query that the spec has in another form, such as `page=0` or `True`.

    And schemathesis takes two things for wrong that are not: a form with a file, of which it has changed nothing, and
    a map in the query with other values than text, which is text all the same when it is sent.
    """
    if isinstance(failure, AcceptedNegativeData):
        return not (_is_valid_as_sent(case) or _is_accepted_as_sent(case, response))
    if isinstance(failure, UseAfterFree):
        return _state(response) != "revoked"
    if isinstance(failure, AllowHeaderMismatch):
        return bool(failure.missing_methods or set(failure.undocumented_methods) - _alias_methods(case))
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in _REFUSALS:
        return True
    if case.operation.responses.find_by_status_code(response.status_code) is None:
        return True
    if case.method not in {"GET", "HEAD"}:
        return _wants_more(case, response)
    query = as_object(case.query)
    headers = as_object(dict(response.request.headers))
    has_cursor = not query.keys().isdisjoint({"after", "before"})
    too_deep = "page" in query and "deep" in response.text
    unfit_range = "Range" in headers
    no_such_day = not _has_day(str(headers.get("Buildkite-Version", "")))
    # Which periods there are depends on the organization.
    at_odds = "period" in query or {"label", "labels"} <= query.keys()
    unsupported = response.status_code == 422 and "not supported" in response.text
    return not (has_cursor or too_deep or unfit_range or no_such_day or at_odds or unsupported)


def _has_day(version: str) -> bool:
    """Return whether the month of a version has its day, if the version is a date at all."""
    try:
        year, month, day = map(int, version.split("-"))
        return day <= monthrange(year, month)[1]
    except ValueError:
        return True


def _alias_methods(case: Case[Any]) -> set[str]:
    """Return the methods that do the same as another one of the path."""
    operations = as_object(case.operation.schema.raw_schema["paths"][case.operation.path]).values()
    return {method for each in map(as_object, operations) for method in as_array(each.get("x-alias-methods"))}


def _is_valid_as_sent(case: Case[Any]) -> bool:
    mutations = getattr(case.meta.phase.data, "mutations", None) if case.meta is not None else None
    if case.media_type == "multipart/form-data" and mutations is not None and not mutations:
        return True
    maps = {each.name for each in case.operation.query if each.definition.get("style") == "deepObject"}
    return any(mutation.parameter in maps for mutation in mutations or ())


def _is_accepted_as_sent(case: Case[Any], response: Response) -> bool:
    """Return whether nothing is wrong but values of the query that the API casts, or a null in place of no body."""
    if case.meta is None:
        return False
    wrong = {location for location in ParameterLocation if case.meta.is_negative_at(location)}
    if wrong == {ParameterLocation.BODY}:
        required = as_object(case.operation.definition.raw.get("requestBody")).get("required")
        return not required and is_no_body(case.body)
    if wrong != {ParameterLocation.QUERY}:
        return False
    data = case.meta.phase.data
    names = {name for name in (data.parameter, *(each.parameter for each in data.mutations)) if name is not None}
    schemas = {each.name: as_object(each.definition.get("schema")) for each in case.operation.query}
    url = str(response.request.url)
    return bool(names) and all(name in schemas and is_accepted(url, name, schemas[name]) for name in names)


def _wants_more(case: Case[Any], response: Response) -> bool:
    """Return whether a field is said to be missing that the description does not ask for."""
    body = as_object(case.body)
    errors = as_array(as_object(as_json(response.content)).get("errors"))
    return any(error.get("code") in _MISSING and error.get("field") not in body for error in map(as_object, errors))


def _state(response: Response) -> object:
    try:
        return as_object(response.json()).get("state")
    except ValueError:
        return None


def register() -> None:
    """Make the checks known to schemathesis, which runs all that it knows. The description takes YAML for text."""
    for check in (link_conformance, cors_conformance):
        schemathesis.check(check)
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)
