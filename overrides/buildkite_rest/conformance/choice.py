"""Chooses the objects that an operation may be called on.

Reading may be tried on everything. An operation that puts an end to something gets what the run itself has created,
wherever the API can create such things, and otherwise a few objects that nothing else uses: a run that deleted the
first pipeline would not see much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from .._base.json_values import is_array
from .description import Description
from .operation import Operation, parameters_of
from .targets import Target, Targets, Values, key_of, own_path

#: More of a kind than can be found.
_ALL: Final = 1_000


class Choice:
    """Knows the objects and the operations on them.

    Args:
        description: The operations.
        targets: The objects that are there, and those that come and go.
    """

    def __init__(self, description: Description, targets: Targets) -> None:
        self.description = description
        self.targets = targets
        self._operations = {operation.label: operation for operation in description.operations if operation.parameters}
        own = {own_path(operation.path) for operation in self._operations.values()}
        posted = {operation.path for operation in description.operations if operation.method == "POST"}
        # Paths to which is posted, and the paths that the new objects have.
        self._creators = {path.rpartition("/")[0]: path for path in own if path.rpartition("/")[0] in posted}

    def operation(self, label: str) -> Operation | None:
        """Return the operation with a path parameter that has this label."""
        return self._operations.get(label)

    @cache  # noqa: B019 - lives as long as the run
    def objects(self, operation: Operation) -> Sequence[Values]:
        """Return what the operation may be called on, as its path parameters, different kinds first."""
        found = self.targets.on(operation.path)
        if not operation.reads:
            found = self._part(operation, found)
        objects = _projected(operation, found)
        if any(other.ends for other in self._siblings(operation)):
            expendable = self._expendable(operation)
            objects = [values for values in objects if values not in expendable] or objects
        return objects

    def may_end(self, operation: Operation) -> Sequence[Values]:
        """Return what the operation may put an end to."""
        created = self.targets.created(own_path(operation.path))
        if created:
            return [{name: values[name] for name in operation.parameters} for values in created]
        twins = self._twins(operation)
        return self._expendable(operation)[twins.index(operation.label) :: len(twins)]

    def find(self, operation: Operation, values: Values) -> Values | None:
        """Return the object that is named by the last of `values`, with its parents."""
        *_, name = operation.parameters
        objects = [*self.targets.created(own_path(operation.path)), *self.objects(operation)]
        found = next((known for known in objects if str(known[name]) == str(values[name])), None)
        return None if found is None else {parameter: found[parameter] for parameter in operation.parameters}

    def was_there(self, operation: Operation, values: Values) -> bool:
        """Return whether an object is none that the run has created."""
        wanted = [str(values[name]) for name in operation.parameters]
        found = self.targets.on(operation.path, _ALL)
        return any([str(target.values[name]) for name in operation.parameters] == wanted for target in found)

    def creates(self, operation: Operation) -> bool:
        """Return whether the operation creates objects that have a path of their own."""
        return operation.method == "POST" and operation.path in self._creators

    def path_of_new(self, operation: Operation) -> str:
        """Return the template of the path that an object has which the operation creates."""
        return self._creators[operation.path]

    def note_success(self, operation: Operation, values: Values, body: object) -> None:
        """Keep account of what is there after an operation on `values` that was answered with `body`."""
        if self.creates(operation):
            for item in body if is_array(body) else [body]:
                self._note_created(self._creators[operation.path], values, item)
        elif operation.ends and operation.path == own_path(operation.path):
            self.targets.note_removed(operation.path, values)
            if operation.method != "DELETE":
                self._note_created(operation.path, values, body)

    def _note_created(self, path: str, values: Values, body: object) -> None:
        name = parameters_of(path)[-1]
        if (key := key_of(name, body)) is not None:
            self.targets.note_created(path, {**values, name: key})

    @cache  # noqa: B019
    def _expendable(self, operation: Operation) -> Sequence[Values]:
        """Return what may end although the run has not created it: a quarter of what no run can create."""
        if own_path(operation.path) in self._creators.values():
            return []
        found = self.targets.on(operation.path, _ALL)
        return _projected(operation, found[-max(1, len(found) // 4) :])

    def _siblings(self, operation: Operation) -> list[Operation]:
        """Return the operations on the same kind of object."""
        name = operation.parameters[-1]
        return [other for other in self._operations.values() if other.parameters[-1:] == (name,)]

    @cache  # noqa: B019
    def _twins(self, operation: Operation) -> list[str]:
        """Return the labels of the operations that do the same on a path of another form, this one included."""
        action = operation.path.rpartition("}")[2]
        return [
            other.label
            for other in self._siblings(operation)
            if other.method == operation.method and other.path.rpartition("}")[2] == action
        ]

    def _part(self, operation: Operation, found: Sequence[Target]) -> list[Target]:
        """Leave some objects of each kind to the operation's twins, which may come too late for the same ones."""
        twins = self._twins(operation)
        kinds = Counter(target.kind for target in found)
        seen: Counter[object] = Counter()
        part: list[Target] = []
        for target in found:
            if kinds[target.kind] < len(twins) or seen[target.kind] % len(twins) == twins.index(operation.label):
                part.append(target)
            seen[target.kind] += 1
        return part


def _projected(operation: Operation, found: Iterable[Target]) -> list[Values]:
    projected: list[Values] = []
    for target in found:
        own = {name: target.values[name] for name in operation.parameters}
        if own not in projected:
            projected.append(own)
    return projected
