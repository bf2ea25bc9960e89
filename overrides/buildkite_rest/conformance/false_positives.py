"""Values that differ from the spec and that the API accepts all the same, because Rails casts them.

The spec has one form of each value, so that clients send that one. That the API accepts another form is not an error.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import AllowHeaderMismatch, RejectedPositiveData, UseAfterFree

from .._base.json_values import as_array, as_object
from .credentials import as_json

_PAGE: Final = frozenset({"page", "per_page"})


_BOOLEANS: Final = frozenset({"true", "t", "1", "yes", "y", "on", "false", "f", "0", "no", "n", "off"})


def is_accepted(url: str, name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether each value of a parameter in a URL is one that Rails casts to a valid one."""
    texts = parse_qs(urlsplit(url).query, keep_blank_values=True).get(name, [])
    return bool(texts) and all(_is_cast(text, name, as_object(schema.get("items")) or schema) for text in texts)


def is_no_body(body: object) -> bool:
    """Return whether Rails reads no parameters from a JSON body."""
    return body is None or body == ""


def _is_cast(text: str, name: str, schema: Mapping[str, Any]) -> bool:
    if name in _PAGE and "maximum" not in schema:
        return True
    if not text.strip():
        return schema.get("type") != "string" or "enum" in schema or "format" in schema
    if schema.get("type") == "boolean":
        return text.strip().lower() in _BOOLEANS
    return schema.get("format") == "date-time" and _is_time(text)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip().upper().removesuffix(" UTC"))
    except ValueError:
        return False
    return True


#: What errors of a field say when it is missing.
_MISSING: Final = frozenset({"missing", "missing_field"})


#: Documented statuses that say: well asked, but not of this object in this state.
_REFUSALS: Final = frozenset({400, 416, 422})


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
