"""Checks of who sent a request: its user is that of the token, also if that is not the user of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object, is_array
from ..loopback import is_local
from ..spec import Operation
from ..traffic import Response
from .accounts import Account
from .actions import Action
from .bench import CREATORS, Bench, Others, Subject
from .bodies import values_of
from .checks import EFFECT, RECORD
from .expectations import Scenario, problems

_UPDATER: Final = "updated_by"
#: Index of an object that refers to other objects than those that were created before.
_INDEX: Final = 7


def check_actor(bench: Bench, operation: Operation, subjects: list[Subject], others: Others) -> None:
    """Send the request of an action that records its user with the token of another one."""
    accounts = _accounts(bench, operation)
    for scenario in map(Scenario.of, bench.spec.effects(operation)) if accounts else ():
        is_simple = not (
            scenario.after or scenario.query or scenario.listing or scenario.on_created or scenario.makes_new
        )
        action = Action(bench, operation, scenario, others)
        subject = action.find(subjects) if _of_user(scenario) and is_simple else None
        if subject is not None:
            state = bench.state(subject)
            before = None if state is None else state.body
            _act(action, subject, before, action.body(subject, before, subjects), accounts[0])
            return


def _act(action: Action, subject: Subject, before: Any, body: Any, account: Account) -> None:
    """Send a request with the token of another user, check what records that user, and undo the request."""
    bench = action.bench
    response = _send(bench, action.operation, subject, body, account)
    if not response.ok:
        return
    expected = _of_user(action.scenario)
    exchange = evolve(bench.exchange(response, body, before, action.others), user=account.user)
    bench.report(EFFECT, problems(expected, response.body, exchange), response, response)
    read = action.read if action.scenario.returns is None else None
    if read is not None and {*read.parameters} <= subject.values.keys():
        bench.check(
            EFFECT,
            read,
            subject.values,
            lambda found: problems(expected, found.body, exchange) if found.ok else (),
            response,
        )
    undo = action.undo
    if undo is not None and bench.allows(undo, subject.values):
        example = bench.bodies.body(undo, undo.body_examples[0], 0, subject.values) if undo.body_examples else None
        bench.send(undo, subject.values, example)


def _of_user(scenario: Scenario) -> Mapping[str, Any]:
    """Return the values that an action sets to the token's user."""
    values = scenario.sets if scenario.returns is None else scenario.returns
    return {pointer: value for pointer, value in values.items() if value == "$user"}


def check_creator(bench: Bench, subject: Subject) -> None:
    """Create and update an object with the token of another user."""
    kind, names = subject.kind, [name for name in CREATORS if name in as_object(subject.body)]
    create = kind.create
    accounts = _accounts(bench, create) if create is not None and create.body_examples and names else []
    if create is None or not accounts:
        return
    account = accounts[0]
    body = bench.bodies.body(create, create.body_examples[-1], _INDEX, subject.values)
    response = _send(bench, create, subject, body, account)
    made = bench.created_again(subject, response) if response.ok else None
    if made is None:
        return

    def created(found: Response) -> Iterator[str]:
        yield from _user_problems(found, names, account)

    bench.report(RECORD, created(response), response, response)
    if kind.get is not None:
        bench.check(RECORD, kind.get, made.values, created, response)
    update = kind.update
    if update is not None and update.body_examples and _UPDATER in as_object(made.body) and bench.wants(update):
        example = bench.bodies.body(update, update.body_examples[0], _INDEX, made.values)
        changed = _send(bench, update, made, example, account)
        bench.report(RECORD, _user_problems(changed, [_UPDATER], account), changed, response)


def _user_problems(found: Response, names: list[str], account: Account) -> Iterator[str]:
    body = found.body[0] if is_array(found.body) and found.body else found.body
    for name in names if found.ok else ():
        user = as_object(as_object(body).get(name)).get("id")
        if user != account.user["id"]:
            yield f"{name} is {user} instead of the token's user {account.user['id']}"


def _accounts(bench: Bench, operation: Operation) -> list[Account]:
    """Return the other users that may send a request, on a server on this machine."""
    if not is_local(bench.session.options.base_url) or not bench.wants(operation):
        return []
    return [each for each in bench.accounts if each.scopes.issuperset(operation.scopes)]


def _send(bench: Bench, operation: Operation, subject: Subject, body: Any, account: Account) -> Response:
    values = values_of(operation, subject.values)
    return bench.session.send(operation, values, body=body, authorization=account.authorization)
