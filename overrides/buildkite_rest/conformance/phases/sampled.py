"""The phase of a sampled run: a few GETs, with ids from the lists that are read before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from time import sleep
from typing import Any, Final

from ..._base.json_values import is_array
from ..list_rules import pagination_problems
from ..loopback import is_local
from ..objects import KnownObject, Objects, ObjectSelector, PathValues, object_from_item
from ..options import SAMPLED_OPERATIONS
from ..page_items import items_of
from ..pages import PageSequence, read_pages
from ..spec import Operation, Spec, object_path, parameters_of
from ..traffic import BudgetSpentError, Response, Session
from .agreement import check_against_lists

_ORGANIZATION_PARAMETER: Final = "org"
_ORGANIZATION: Final = f"/v2/organizations/{{{_ORGANIZATION_PARAMETER}}}"
#: Objects that each operation is called on.
_OBJECTS: Final = 2
#: Objects of a list that later operations may use.
_REMEMBERED: Final = 6
#: Items of a small page.
_SMALL_PAGE: Final = 3
#: Items of a large page, which is compared with the small ones.
_LARGE_PAGE: Final = 6
#: Attempts to read pages that agree.
_ATTEMPTS: Final = 3
#: Seconds between them, for a server that is not on this machine.
_PAUSE: Final = 1.0


def check_sampled(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Call the operations until the budget is spent. Yields each operation before its requests are sent.

    Lists that name their objects are read, too, if they are not among the operations, but not checked.
    """
    spec, objects = selector.spec, selector.objects
    if objects.organization is not None:
        objects.add(_ORGANIZATION, [KnownObject(_ORGANIZATION, {_ORGANIZATION_PARAMETER: objects.organization})])
    paths = sorted({object_path(operation.path) for operation in spec.operations if operation.parameters})
    responses: list[Response] = []
    known = set[str]() if objects.organization is None else {_ORGANIZATION_PARAMETER}
    needed = with_lists(spec, operations, known)
    for number, operation in enumerate(needed):
        yield operation
        is_checked = operation in operations
        try:
            for values in _path_values(objects, operation):
                response = _read(session, operation, values) if is_checked else session.send(operation, values)
                _remember(objects, paths, operation, values, response)
                responses.append(response)
                if is_checked:
                    check_against_lists(session, spec, response, responses)
        except BudgetSpentError:
            session.results.over_budget = sum(each in operations for each in needed[number:])
            return


def with_lists(spec: Spec, operations: Sequence[Operation], known: Collection[str]) -> list[Operation]:
    """Return operations and the lists of a sampled run that name their objects, in the order of their requests.

    `known` are path parameters that need no list.
    """
    by_id = {each.id: each for each in spec.operations}
    paths = sorted({object_path(each.path) for each in spec.operations if each.parameters})
    needed: list[Operation] = []
    names: set[str] = set()
    for operation in reversed([by_id[name] for name in SAMPLED_OPERATIONS if name in by_id]):
        listed = {parameters_of(path)[-1] for path in _item_paths(paths, operation)}
        if operation in operations or not names.isdisjoint(listed):
            needed.append(operation)
            names.update(name for name in operation.parameters if name not in known)
    return needed[::-1]


def _item_paths(paths: Sequence[str], operation: Operation) -> list[str]:
    """Return the path templates of the items of a list."""
    collection = operation.path.rpartition("/")[2]
    return [path for path in paths if path.rpartition("/")[0].endswith(f"/{collection}") and parameters_of(path)]


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
        _check_pages(session, operation, values, large)
    return large.pages[0]


def _check_pages(session: Session, operation: Operation, values: PathValues, large: PageSequence) -> None:
    """Compare a page with smaller ones. Reads all again if they differ, because others may change the list."""
    small = read_pages(session, operation, values, _SMALL_PAGE, 2)
    problems: list[str] = []
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(0 if is_local(session.options.base_url) else _PAUSE)
            large = read_pages(session, operation, values, _LARGE_PAGE, 1, again=True)
            small = read_pages(session, operation, values, _SMALL_PAGE, 2, again=True)
        problems = list(pagination_problems(large, small, _SMALL_PAGE, _LARGE_PAGE))
        if not problems or not small.pages:
            return
    for problem in problems:
        session.record_failure("list_inconsistent", "BK101", problem, small.pages[-1], large.pages)


def _remember(
    objects: Objects, paths: Sequence[str], operation: Operation, values: PathValues, response: Response
) -> None:
    items: list[Any] = (items_of(response.body) or []) if response.ok else []
    if operation.pagination == "none" and not is_array(response.body):
        return
    for path in _item_paths(paths, operation):
        found = (object_from_item(path, values, item) for item in items[:_REMEMBERED])
        objects.add(path, [each for each in found if each is not None])
