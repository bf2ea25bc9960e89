"""Parameters that include or leave out something: `x-includes` and `x-excludes`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from attrs import frozen

from .._base.json_values import as_object
from .spec import Operation, Spec


@frozen
class Effect:
    """A parameter and its effect on properties."""

    name: str
    path: str
    includes: bool


def brief_query(spec: Spec, operation: Operation, needed: Collection[str] = ()) -> Mapping[str, str]:
    """Return the query that leaves out what makes the objects of a list large, but for the needed properties."""
    effects = [each for each in effects_of(spec, operation) if not each.includes]
    return {each.name: "true" for each in effects if each.path.partition("/")[0] not in needed}


def effects_of(spec: Spec, operation: Operation) -> Iterator[Effect]:
    """Return the parameters of an operation that include or leave out something."""
    for name, parameter in spec.query_parameters(operation).items():
        for key in ("x-includes", "x-excludes"):
            declared = parameter.get(key)
            if isinstance(path := as_object(declared).get("property", declared), str):
                yield Effect(name, path, includes=key == "x-includes")
