"""Selection among the values of a wrong type that the phase *coverage* sends."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoverageScenario

#: One in this many values of a wrong type is sent: of five, a container, `null` and a number.
_EVERY: Final = 2


class WrongTypes:
    """Sends some of the values of a wrong type of each parameter and property, which are half of all requests.

    In a path, each is the id of no object, so one is enough.
    """

    def __init__(self) -> None:
        self._seen: Counter[tuple[object, ...]] = Counter()

    def filter_case(self, context: HookContext, case: Case[Any]) -> bool:
        """Return whether a request is sent."""
        data = None if case.meta is None else case.meta.phase.data
        if getattr(data, "scenario", None) is not CoverageScenario.INCORRECT_TYPE:
            return True
        location = getattr(data, "parameter_location", None)
        key = (case.operation.label, location, getattr(data, "parameter", None), getattr(data, "description", None))
        number = self._seen[key]
        self._seen[key] += 1
        return number == 0 if location is ParameterLocation.PATH else number % _EVERY == 0
