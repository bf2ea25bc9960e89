"""Requests for a server that other people use: few, hand-picked, and only reading.

They begin with what needs no ids. Every id that a later one needs comes from the list before it; none is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..._base.json_values import is_array
from ..errors import BudgetSpentError
from ..objects import Choice, Target, Targets, Values, own_path, target_of
from ..spec import Operation, parameters_of
from ..traffic import Answer, Wire, items_of
from .lists import walk, walk_problems

#: Of so many objects each operation is tried, and so many of each list are remembered.
_OBJECTS: Final = 2


_REMEMBERED: Final = 6


#: The sizes of a page, to compare them.
_PAGE, _WHOLE = 3, 6


def check_sampled(wire: Wire, choice: Choice, chosen: Sequence[Operation]) -> Iterator[Operation]:
    """Read the chosen operations until the budget is spent, and yield each before."""
    description, targets = choice.description, choice.targets
    if (organization := targets.organization) is not None:
        targets.add("/v2/organizations/{org}", [Target("/v2/organizations/{org}", {"org": organization})])
    own = sorted({own_path(operation.path) for operation in description.operations if operation.parameters})
    for number, operation in enumerate(chosen):
        yield operation
        try:
            for values in _objects(targets, operation):
                answer = _read(wire, operation, values)
                _remember(targets, own, operation, values, answer)
        except BudgetSpentError:
            wire.results.over_budget = len(chosen) - number
            return


def _objects(targets: Targets, operation: Operation) -> list[Values]:
    if not operation.parameters:
        return [{}]
    found = targets.on(operation.path)[:_OBJECTS]
    return [{name: target.values[name] for name in operation.parameters} for target in found]


def _read(wire: Wire, operation: Operation, values: Values) -> Answer:
    if operation.pagination == "none" or "per_page" not in operation.query:
        return wire.send(operation, values)
    whole = walk(wire, operation, values, _WHOLE, 1)
    if not whole.pages:
        return wire.send(operation, values)
    if len(whole.items) > _PAGE:
        parts = walk(wire, operation, values, _PAGE, 2)
        for problem in walk_problems(whole, parts, _PAGE):
            if parts.pages:
                wire.fail("list_is_whole", "BK101", problem, parts.pages[-1], whole.pages)
    return whole.pages[0]


def _remember(targets: Targets, own: Sequence[str], operation: Operation, values: Values, answer: Answer) -> None:
    collection = operation.path.rpartition("/")[2]
    items: list[Any] = (items_of(answer.body) or []) if answer.ok else []
    if operation.pagination == "none" and not is_array(answer.body):
        return
    for path in own:
        if path.rpartition("/")[0].endswith(f"/{collection}") and parameters_of(path):
            found = (target_of(path, values, item) for item in items[:_REMEMBERED])
            targets.add(path, [target for target in found if target is not None])
