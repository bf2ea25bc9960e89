"""Plans as phases of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from .api import Api
from .executor import Executor
from .loopback import is_local
from .objects import ObjectSelector
from .plans import Plan
from .rules import Context
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
        executor.journal.changes += 1  # other phases may have changed something
        for operation in plan(executor, [executor.api.by_id[each.id] for each in operations]):
            if operation.id in by_id:
                yield by_id[operation.id]
        executor.conclude()
        session.forget()

    return phase


def _executor(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Executor:
    """Return the executor of a run, which all plans share."""
    if id(session) not in _executors:
        api = _api()
        user = session.user
        context = Context(
            api,
            is_local=is_local(session.options.base_url),
            unknown_fields_fail=session.options.unknown_fields_fail,
            administers=(lambda _: True) if user is None else user.administers,
        )
        _executors.clear()
        _executors[id(session)] = Executor(
            api, session, World(api, selector), context, frozenset(each.id for each in operations)
        )
    return _executors[id(session)]


@cache
def _api() -> Api:
    return Api.load()
