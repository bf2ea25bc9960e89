"""Other objects that a request changes, such as the build of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object
from ..objects import PathValues
from ..spec import Operation
from ..traffic import Response
from .bench import Bench
from .checks import EFFECT, OTHER_PROPERTY
from .comparison import is_empty, moment
from .embedded import embedded_values
from .expectations import Exchange, Scenario, holds, problems
from .pointers import resolve, without

#: The values of another object for which nothing is expected of it.
_UNLESS: Final = "unless"
#: A time that is not after the creation of the object in the response.
_EARLIER: Final = "$earlier"


@frozen
class _Other:
    """Another object before the request."""

    operation: Operation
    values: PathValues
    body: object


@frozen
class Elsewhere:
    """The other objects that a request changes, before the request."""

    bench: Bench
    scenario: Scenario
    others: Sequence[_Other]

    @classmethod
    def of(cls, bench: Bench, scenario: Scenario, state: object, values: PathValues) -> Elsewhere:
        """Read the objects. `state` is the object of the request, and `values` are its path parameters."""
        found = list[_Other]()
        for operation in (each for each in bench.spec.operations if each.id in scenario.elsewhere):
            known = {**embedded_values(bench.spec, operation, state), **values}
            if set(operation.parameters) <= known.keys():
                found.append(_Other(operation, known, bench.read(operation, known).body))
        return cls(bench, scenario, found)

    @property
    def is_bare(self) -> bool:
        """Whether an object has nothing that it must keep in a map that the request adds to."""
        return any(
            is_empty(resolve(pointer.rpartition("/")[0], each.body))
            for each in self.others
            for pointer in self.scenario.elsewhere[each.operation.id]
            if "/" in pointer.strip("/")
        )

    def check(self, exchange: Exchange, cause: Response) -> None:
        """Check the values that the request sets in the objects, and that everything else stays as it is."""
        for each in self.others:
            node = self.scenario.elsewhere[each.operation.id]
            expected = {name: value for name, value in node.items() if name != _UNLESS}
            unless = as_object(node.get(_UNLESS))

            def rule(
                found: Response, expected: Mapping[str, Any] = expected, unless: Mapping[str, Any] = unless
            ) -> Iterator[str]:
                if found.ok and not _is_excepted(unless, found.body, exchange.response):
                    yield from problems(expected, found.body, exchange)

            def untouched(
                found: Response, expected: Mapping[str, Any] = expected, before: object = each.body
            ) -> Iterator[str]:
                old, new = (without(as_object(body), expected) for body in (before, found.body))
                for message in self.bench.changes(found.operation, old, new, ()) if found.ok else ():
                    yield f"{cause.operation.id} has another effect: {message}"

            self.bench.check(EFFECT, each.operation, each.values, rule, cause)
            self.bench.check(OTHER_PROPERTY, each.operation, each.values, untouched, cause)


def _is_excepted(unless: Mapping[str, Any], found: object, new: object) -> bool:
    """Return whether nothing is expected of an object."""
    times = {pointer for pointer, value in unless.items() if value == _EARLIER}
    created = moment(resolve("created_at", new))
    is_earlier = all(
        created is not None and (time := moment(resolve(pointer, found))) is not None and time <= created
        for pointer in times
    )
    return bool(unless) and is_earlier and holds({name: unless[name] for name in unless.keys() - times}, found)
