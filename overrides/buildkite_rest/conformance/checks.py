"""What schemathesis does not check by itself, and what it must not hold against the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.core.media_types import YAML_MEDIA_TYPES
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

from .._json import as_object, is_array
from .links import Asked, cursor_problems, page_problems

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


def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Return whether a failure is one.

    A description cannot say that a finished build is not canceled or that an unknown cursor is not one. A request that
    fits it may be refused for such a reason, if the refusal is documented. Reading depends on no state, so only five
    reasons count there: a cursor, a page that lies too deep, a range of bytes, parameters that exclude each other, and
    an object of a kind that has nothing of the sort.

    Nor can it say that an invitation that is deleted is only revoked, and may still be read.
    """
    if isinstance(failure, UseAfterFree):
        return _state(response) != "revoked"
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in _REFUSALS:
        return True
    if case.operation.responses.find_by_status_code(response.status_code) is None:
        return True
    if case.method not in {"GET", "HEAD"}:
        return False
    query, headers = as_object(case.query), set(as_object(dict(response.request.headers)))
    has_cursor = not query.keys().isdisjoint({"after", "before"})
    too_deep = "page" in query and "deep" in response.text
    unfit_range = "Range" in headers
    # Which periods there are depends on the organization.
    at_odds = "period" in query or {"label", "labels"} <= query.keys()
    unsupported = response.status_code == 422 and "not supported" in response.text
    return not (has_cursor or too_deep or unfit_range or at_odds or unsupported)


def _state(response: Response) -> object:
    try:
        return as_object(response.json()).get("state")
    except ValueError:
        return None


def register() -> None:
    """Make the check known to schemathesis, which runs all that it knows. The description takes YAML for text."""
    schemathesis.check(link_conformance)
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)
