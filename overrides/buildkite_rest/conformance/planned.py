"""Plans as phases of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .executor import Executor
from .objects import ObjectSelector
from .plans import Plan
from .spec import Operation
from .traffic import Session
from .world import World

_executors: dict[int, Executor] = {}


def planned(plan: Plan) -> Callable[[Session, ObjectSelector, Sequence[Operation]], Iterator[Operation]]:
    """Return a plan as a phase."""

    def phase(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
        executor = _executor(session, selector, operations)
        executor.phase = session.phase
        by_id = {each.id: each for each in operations}
        executor.journal.forget()
        for operation in plan(executor, [executor.api.by_id[each.id] for each in operations]):
            if operation.id in by_id:
                yield by_id[operation.id]
        session.forget()

    return phase


def _executor(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Executor:
    """Return the executor of a run, which all plans share."""
    if id(session) not in _executors:
        context = session.context
        assert context is not None, "a run has rules"  # noqa: S101
        _executors.clear()
        _executors[id(session)] = Executor(
            context.api, session, World(context.api, selector), context, frozenset(each.id for each in operations)
        )
    return _executors[id(session)]
