"""Parameters that include, leave out or sort something: `x-includes`, `x-excludes` and `x-sorts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from .._base.json_values import as_array, as_object, is_object
from .filters import Filter, at
from .list_rules import item_problems
from .order import order_problems
from .pages import key_of
from .spec import Operation, Spec

Items = Mapping[str, Sequence[Any]]
"""Items of the same list by query."""


@frozen
class Effect:
    """A parameter and its effect on properties."""

    name: str
    path: str
    includes: bool
    is_always_there: bool = True
    """Whether every object has the property if it is included."""
    source: Filter | None = None

    @property
    def queries(self) -> Mapping[str, Mapping[str, str]]:
        """The queries to compare."""
        return {"": {}, "true": {self.name: "true"}, "false": {self.name: "false"}}

    def is_decisive(self, items: Items) -> bool:
        """Return whether the property is anywhere."""
        return any(self._has(item) for found in items.values() for item in found)

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the query and a message for each difference."""
        for text, found in items.items():
            wanted = self.includes == (text == "true")
            shown = f"{self.name}={text}" if text else f"without {self.name}"
            full = [item for item in found if self._has(item, items)]
            if wanted and found and not full:
                yield text, f"{shown}: no item has {self.path}"
            if not wanted and full:
                yield text, f"{shown}: {key_of(full[0])[:80]} has {self.path}"
        for text in ("true", "false"):
            for problem in item_problems(items.get("", ()), items.get(text, ()), f"{self.name}={text}", self._root):
                yield text, problem

    @property
    def _root(self) -> set[str]:
        return {self.path.partition("/")[0]}

    def _has(self, item: Any, items: Items | None = None) -> bool:
        """Return whether an item has the property, with all that it has in other responses."""
        value = at(item, self.path)
        if self.includes:
            return value is not None
        if not value or not is_object(value) or items is None:
            return bool(value)
        key = key_of(item)
        sizes = [len(as_object(at(one, self.path))) for each in items.values() for one in each if key_of(one) == key]
        return len(value) == max(sizes, default=0)


@frozen
class Sorting:
    """Parameters that sort a list by a property."""

    name: str
    by: tuple[str, ...]
    """Values of the parameter that names the property."""
    direction: str | None
    """The parameter with `asc` and `desc`."""
    source: Filter | None = None

    @property
    def queries(self) -> Mapping[str, Mapping[str, str]]:
        """The queries to compare. The text of each is the expected order."""
        found: dict[str, Mapping[str, str]] = {}
        for each in self.by:
            found[f"-{each}"] = {self.name: each}
            if self.direction is not None:
                found[each] = {self.name: each, self.direction: "asc"}
        return found

    def is_decisive(self, items: Items) -> bool:
        """Return whether there is something to sort."""
        return any(len({str(at(item, text.lstrip("-"))) for item in found}) > 1 for text, found in items.items())

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the query and a message for each list in another order."""
        for text, found in items.items():
            for problem in order_problems(text, found):
                yield text, f"{'&'.join(f'{name}={value}' for name, value in self.queries[text].items())}: {problem}"


def effects_of(spec: Spec, operation: Operation) -> Iterator[Effect | Sorting]:
    """Return the parameters of an operation that include, leave out or sort something."""
    by: tuple[str, tuple[str, ...], Mapping[str, str]] | None = None
    direction: str | None = None
    for name, parameter in spec.query_parameters(operation).items():
        included = parameter.get("x-includes")
        if isinstance(path := as_object(included).get("property", included), str):
            always = not is_object(included) or included.get("optional") is not True
            yield Effect(name, path, includes=True, is_always_there=always)
        if isinstance(excluded := parameter.get("x-excludes"), str):
            yield Effect(name, excluded, includes=False)
        sorts = as_object(parameter.get("x-sorts"))
        if sorts.get("by") == "property":
            enum = tuple(map(str, as_array(spec.resolve(parameter.get("schema")).get("enum"))))
            by = name, enum, as_object(sorts.get("header"))
        if sorts.get("by") == "direction":
            direction = name
    if by is not None:
        yield Sorting(by[0], by[1], direction, Filter(by[0], headers=by[2]))
