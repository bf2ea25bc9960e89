"""Plans as phases of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from .._base.json_values import as_object
from .argument_tokens import EXPIRED_TOKEN, FOREIGN_TOKEN, LIMITED_TOKEN, NO_SCOPE_TOKEN, REVOCABLE_TOKEN
from .exchange import EXPIRED, FOREIGN, LIMITED, NO_SCOPE, REVOCABLE
from .executor import Executor
from .objects import ObjectSelector
from .plans import Plan
from .spec import Operation
from .traffic import Session
from .world import World

_USER: Final = "/v2/user"
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
        executor = _executors[id(session)] = Executor(
            context.api,
            session,
            World(context.api, selector),
            context,
            frozenset(each.id for each in operations),
            credentials=_credentials(session),
        )
        current = context.api.at("GET", _USER)
        context.user = {} if current is None else as_object(executor.read(current, {}).body)
    return _executors[id(session)]


def _credentials(session: Session) -> dict[str, str]:
    """Return the further tokens of a run, which no report shows."""
    options = session.options
    named = [
        (NO_SCOPE, options.no_scope_auth, NO_SCOPE_TOKEN),
        (EXPIRED, options.expired_auth, EXPIRED_TOKEN),
        (FOREIGN, options.foreign_auth, FOREIGN_TOKEN),
        (REVOCABLE, options.revocable_auth, REVOCABLE_TOKEN),
        *((f"{LIMITED} {number}", auth, LIMITED_TOKEN) for number, auth in enumerate(options.limited_auths, 1)),
    ]
    for _, auth, variable in named:
        if auth is not None:
            session.secrets.add(auth.authorization(), variable)
    return {name: auth.authorization() for name, auth, _ in named if auth is not None}
