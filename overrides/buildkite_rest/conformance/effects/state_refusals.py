"""Refusals of a request for the state of an object, or of another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..documented_refusals import Refusal
from ..spec import Operation, Spec
from ..traffic import Response
from .bench import Bench
from .checks import EFFECT, OTHER_PROPERTY
from .expectations import holds

#: Statuses that say nothing about the state: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({403, 429, 503})


def is_undecided(response: Response) -> bool:
    """Return whether a request was not refused for the state of the object."""
    return response.status in _UNDECIDED


def is_documented(bench: Bench, response: Response) -> bool:
    """Return whether the documentation has the refusal for the state of another object: the message, or the state."""
    for refusal in map(Refusal.of, bench.spec.refusals(response.operation)):
        is_same = refusal.also and not [*refusal.problems(response.status, response.body)]
        if is_same and (refusal.message or _is_elsewhere(bench, refusal, response)):
            return True
    return False


def _is_elsewhere(bench: Bench, refusal: Refusal, response: Response) -> bool:
    """Return whether other objects have the state that a request is refused for."""
    if refusal.is_about_request:
        return False
    by_id = {each.id: each for each in bench.spec.operations}
    for name, state in refusal.also.items():
        reading = by_id.get(name)
        if reading is None or not set(reading.parameters) <= response.values.keys():
            return False
        if not holds(state, bench.read(reading, response.values).body):
            return False
    return True


def differences(spec: Spec, before: Any, response: Response) -> Iterator[str]:
    """Yield how a refusal differs from the documented one for the state of the object."""
    for refusal in map(Refusal.of, spec.refusals(response.operation)):
        if refusal.when and refusal.is_about_state and holds(refusal.when, before):
            yield from refusal.problems(response.status, response.body)


def check_refused(bench: Bench, read: Operation | None, before: object, after: object, response: Response) -> None:
    """Check that an invalid request is refused as a whole."""
    if is_undecided(response):
        return
    bench.session.count(EFFECT.name)
    messages = [f"an invalid request gets {response.status}"] if response.ok else []
    bench.report(EFFECT, messages, response, response)
    changes = bench.changes(read, before, after, ())
    messages = [f"a refused request has an effect: {each}" for each in changes]
    bench.report(OTHER_PROPERTY, messages, response, response)
