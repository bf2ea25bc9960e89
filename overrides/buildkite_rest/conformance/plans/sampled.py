"""A sampled run: a few reads, with ids from the lists that are read before. Rules judge them like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..api import Kind, Operation
from ..exchange import PathValues, Query
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..options import SAMPLED_OPERATIONS
from ..rules.lists import KnownList
from ..sender import BudgetSpentError
from .lists import CHECK

_ORG: Final = "org"
#: Objects that each operation is called on.
_OBJECTS: Final = 2
#: Items of a small page, and of a large one, which must agree.
_SIZES: Final = (3, 6)


def send_sample(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read the operations until the budget is spent, and the lists that name their objects."""
    known: dict[str, list[PathValues]] = {}
    organization = executor.options.organization
    if organization is not None:
        known[_ORG] = [{_ORG: organization}]
    needed = _with_lists(executor, operations, {*known})
    for number, operation in enumerate(needed):
        yield operation
        try:
            for values in _values(operation, known):
                _read(executor, operation, values, known)
        except BudgetSpentError:
            executor.results.over_budget = sum(each in operations for each in needed[number:])
            return


def _with_lists(executor: Executor, operations: Sequence[Operation], known: set[str]) -> list[Operation]:
    """Return operations and the lists of a sampled run that name their objects, in the order of their requests."""
    needed: list[Operation] = []
    names: set[str] = set()
    for operation in (executor.api.by_id[name] for name in reversed(SAMPLED_OPERATIONS)):
        kind = _listed(executor, operation)
        if operation in operations or (kind is not None and kind.parameter in names):
            needed.append(operation)
            names |= {*operation.parameters} - known
    return needed[::-1]


def _listed(executor: Executor, operation: Operation) -> Kind | None:
    """Return the kind of objects that an operation lists."""
    return next((kind for kind in executor.api.kinds if kind.list is operation and kind.parameter), None)


def _values(operation: Operation, known: dict[str, list[PathValues]]) -> Sequence[PathValues]:
    """Return the path values of a few known objects."""
    if not operation.parameters:
        return [{}]
    names = {*operation.parameters}
    candidates = [values for found in known.values() for values in found if names <= values.keys()]
    distinct = {tuple(values[name] for name in operation.parameters): values for values in candidates}
    return [*distinct.values()][:_OBJECTS]


def _read(executor: Executor, operation: Operation, values: PathValues, known: dict[str, list[PathValues]]) -> None:
    own = {name: values[name] for name in operation.parameters}
    sizes: Sequence[Any] = _SIZES if "per_page" in operation.query else (None,)
    queries: Sequence[Query] = [{} if size is None else {"per_page": size} for size in sizes]

    def judge() -> Iterator[Finding]:
        pages = KnownList()
        for query in queries:
            page = executor.read(operation, own, query)
            yield from (Finding(CHECK, message, page) for message in pages.problems(page))

    executor.check(judge)
    page = executor.read(operation, own, queries[-1])
    kind = _listed(executor, operation)
    for item in page.objects if kind is not None else ():
        key = identifier_of(kind.parameter, item) if kind is not None else None
        if kind is not None and key is not None:
            known.setdefault(kind.parameter, []).append({**values, kind.parameter: key})
