"""The phase of a sampled run: a few GETs, with ids from the lists that are read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..._base.json_values import is_array
from ..list_rules import pagination_problems
from ..objects import KnownObject, Objects, ObjectSelector, PathValues, object_from_item
from ..page_items import items_of
from ..pages import read_pages
from ..spec import Operation, object_path, parameters_of
from ..traffic import BudgetSpentError, Response, Session
from .agreement import check_against_lists

_ORGANIZATION: Final = "/v2/organizations/{org}"
#: Objects that each operation is called on.
_OBJECTS: Final = 2
#: Objects of a list that later operations may use.
_REMEMBERED: Final = 6
#: Items of a small page.
_SMALL_PAGE: Final = 3
#: Items of a large page, which is compared with the small ones.
_LARGE_PAGE: Final = 6


def check_sampled(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Call the operations until the budget is spent. Yields each operation before its requests are sent."""
    spec, objects = selector.spec, selector.objects
    if objects.organization is not None:
        objects.add(_ORGANIZATION, [KnownObject(_ORGANIZATION, {"org": objects.organization})])
    paths = sorted({object_path(operation.path) for operation in spec.operations if operation.parameters})
    responses: list[Response] = []
    for number, operation in enumerate(operations):
        yield operation
        try:
            for values in _path_values(objects, operation):
                response = _read(session, operation, values)
                _remember(objects, paths, operation, values, response)
                responses.append(response)
                check_against_lists(session, spec, response, responses)
        except BudgetSpentError:
            session.results.over_budget = len(operations) - number
            return


def _path_values(objects: Objects, operation: Operation) -> list[PathValues]:
    if not operation.parameters:
        return [{}]
    found = objects.for_path(operation.path)[:_OBJECTS]
    return [{name: each.values[name] for name in operation.parameters} for each in found]


def _read(session: Session, operation: Operation, values: PathValues) -> Response:
    if operation.pagination == "none" or "per_page" not in operation.query:
        return session.send(operation, values)
    large = read_pages(session, operation, values, _LARGE_PAGE, 1)
    if not large.pages:
        return session.send(operation, values)
    if len(large.items) > _SMALL_PAGE:
        small = read_pages(session, operation, values, _SMALL_PAGE, 2)
        for problem in pagination_problems(large, small, _SMALL_PAGE, _LARGE_PAGE):
            if small.pages:
                session.record_failure("list_inconsistent", "BK101", problem, small.pages[-1], large.pages)
    return large.pages[0]


def _remember(
    objects: Objects, paths: Sequence[str], operation: Operation, values: PathValues, response: Response
) -> None:
    collection = operation.path.rpartition("/")[2]
    items: list[Any] = (items_of(response.body) or []) if response.ok else []
    if operation.pagination == "none" and not is_array(response.body):
        return
    for path in paths:
        if path.rpartition("/")[0].endswith(f"/{collection}") and parameters_of(path):
            found = (object_from_item(path, values, item) for item in items[:_REMEMBERED])
            objects.add(path, [each for each in found if each is not None])
