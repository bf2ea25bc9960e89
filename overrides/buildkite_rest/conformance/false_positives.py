"""Failures of schemathesis that are not reported, because the API behaves as documented."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    EnsureResourceAvailability,
    RejectedPositiveData,
    UseAfterFree,
)

from .._base.json_values import as_array, as_object, loads_or_none
from .identities import is_revoked, is_uuid
from .names import is_made_up, unique_name_in

#: Error codes of a missing field.
_MISSING: Final = frozenset({"missing", "missing_field"})
#: Documented statuses of valid requests that the state of the object does not permit.
_REFUSALS: Final = frozenset({400, 416, 422})
#: Keywords of a string that not every text satisfies.
_RESTRICTIONS: Final = frozenset({"enum", "const", "format", "pattern", "minLength", "maxLength"})
_PAGE: Final = frozenset({"page", "per_page"})
_BOOLEANS: Final = frozenset({"true", "t", "1", "yes", "y", "on", "false", "f", "0", "no", "n", "off"})


def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Return whether a failure is reported.

    Not reported are:

    - A documented refusal of a valid request that changes something. A schema cannot express that a finished build
      cannot be canceled. A missing field is reported if the spec does not require it.
    - A documented refusal of a GET for a reason that a schema cannot express either: an unknown cursor, a page that is
      too deep, a byte range, parameters that exclude each other, a day that does not exist, or an object that does
      not support the operation.
    - A GET of a deleted invitation, which is only revoked.
    - A request for a new object, if its key is not that of one which the run has created: another request has renamed
      an object that existed, or the id is that of no object, because the run must not change the objects of others.
    - The methods of `x-alias-methods` in `Allow`.
    - Values in a query that the API casts, such as `page=0` or `True`, and `null` instead of no body.
    - Two mistakes of schemathesis: an unchanged form with a file, and values in a map in the query, which are all
      valid text once they are sent, counted as invalid.
    """
    if isinstance(failure, AcceptedNegativeData):
        return not (_is_valid_as_sent(case) or _is_cast(case, response))
    if isinstance(failure, UseAfterFree):
        return not is_revoked(loads_or_none(response.content))
    if isinstance(failure, EnsureResourceAvailability):
        return _is_created(case)
    if isinstance(failure, AllowHeaderMismatch):
        return bool(failure.missing_methods or set(failure.undocumented_methods) - _alias_methods(case))
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in _REFUSALS:
        return True
    if case.operation.responses.find_by_status_code(response.status_code) is None:
        return True
    if case.method not in {"GET", "HEAD"}:
        return _requires_undocumented_field(case, response)
    query = as_object(case.query)
    headers = as_object(dict(response.request.headers))
    has_cursor = not query.keys().isdisjoint({"after", "before"})
    is_too_deep = "page" in query and "deep" in response.text
    has_range = "Range" in headers
    has_no_such_day = not has_valid_day(str(headers.get("Buildkite-Version", "")))
    # The organization determines which periods there are.
    is_exclusive = "period" in query or {"label", "labels"} <= query.keys()
    is_unsupported = response.status_code == 422 and "not supported" in response.text
    return not (has_cursor or is_too_deep or has_range or has_no_such_day or is_exclusive or is_unsupported)


def _is_created(case: Case[Any]) -> bool:
    """Return whether the key at the end of the path is the id of an object, or a name that this run has made."""
    key = str(list((case.path_parameters or {"": ""}).values())[-1])
    return (is_uuid(key) and not is_made_up(key)) or unique_name_in(key) is not None


def has_valid_day(version: str) -> bool:
    """Return whether a version is not a date, or a date whose month has the day."""
    try:
        year, month, day = map(int, version.split("-"))
        return day <= monthrange(year, month)[1]
    except ValueError:
        return True


def _alias_methods(case: Case[Any]) -> set[str]:
    operations = as_object(case.operation.schema.raw_schema["paths"][case.operation.path]).values()
    return {method for each in map(as_object, operations) for method in as_array(each.get("x-alias-methods"))}


def _is_valid_as_sent(case: Case[Any]) -> bool:
    mutations = getattr(case.meta.phase.data, "mutations", None) if case.meta is not None else None
    if case.media_type == "multipart/form-data" and mutations is not None and not mutations:
        return True
    maps = {each.name for each in case.operation.query if each.definition.get("style") == "deepObject"}
    return any(mutation.parameter in maps for mutation in mutations or ())


def _is_cast(case: Case[Any], response: Response) -> bool:
    """Return whether only values of the query that the API casts are invalid, or only a null as body."""
    if case.meta is None:
        return False
    invalid = {location for location in ParameterLocation if case.meta.is_negative_at(location)}
    if invalid == {ParameterLocation.BODY}:
        required = as_object(case.operation.definition.raw.get("requestBody")).get("required")
        return not required and is_empty_body(case.body)
    if invalid != {ParameterLocation.QUERY}:
        return False
    data = case.meta.phase.data
    names = {name for name in (data.parameter, *(each.parameter for each in data.mutations)) if name is not None}
    schemas = {each.name: as_object(each.definition.get("schema")) for each in case.operation.query}
    url = str(response.request.url)
    return bool(names) and all(name in schemas and is_accepted(url, name, schemas[name]) for name in names)


def _requires_undocumented_field(case: Case[Any], response: Response) -> bool:
    body = as_object(case.body)
    errors = as_array(as_object(loads_or_none(response.content)).get("errors"))
    return any(error.get("code") in _MISSING and error.get("field") not in body for error in map(as_object, errors))


def is_accepted(url: str, name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether Rails casts each value of a query parameter in a URL to a valid one.

    The spec documents one form of each value, for clients to send. Other accepted forms are not errors.
    """
    texts = parse_qs(urlsplit(url).query, keep_blank_values=True).get(name, [])
    items = as_object(schema.get("items"))
    if schema.get("type") == "array" and items.get("type") == "string" and not items.keys() & _RESTRICTIONS:
        return bool(texts)  # one value is sent as a list of one
    return bool(texts) and all(_is_castable(text, name, as_object(schema.get("items")) or schema) for text in texts)


def is_empty_body(body: object) -> bool:
    """Return whether Rails reads no parameters from a JSON body."""
    return body is None or body == ""


def _is_castable(text: str, name: str, schema: Mapping[str, Any]) -> bool:
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
