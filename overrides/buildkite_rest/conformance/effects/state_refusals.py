"""Refusals of a request for the state of an object, or of another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..documented_refusals import Refusal
from ..spec import Spec
from ..traffic import Response
from .expectations import holds

#: Statuses that say nothing about the state: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({403, 429, 503})


def is_undecided(response: Response) -> bool:
    """Return whether a request was not refused for the state of the object."""
    return response.status in _UNDECIDED


def is_documented(spec: Spec, response: Response) -> bool:
    """Return whether the documentation has the refusal, which may be for the state of another object."""
    refusals = map(Refusal.of, spec.refusals(response.operation))
    return any(each.also and each.message and not [*each.problems(response.status, response.body)] for each in refusals)


def differences(spec: Spec, before: Any, response: Response) -> Iterator[str]:
    """Yield how a refusal differs from the documented one for the state of the object."""
    for refusal in map(Refusal.of, spec.refusals(response.operation)):
        if refusal.when and refusal.is_about_state and holds(refusal.when, before):
            yield from refusal.problems(response.status, response.body)
