"""Deletions: an object is gone with all that is below it, and with nothing else.

An object of each kind is created, with others below it, others that refer to it, and one like it below another parent.
After its deletion no path leads to it, no list and no parent has it, and its key can be used again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field

from ..api import Kind, Operation, parameters_of, same_objects
from ..exchange import Exchange, Request
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..rules.effects import RECORD
from ..rules.frame import Effect
from ..values import identity, is_uuid
from .objects import NAMES, OTHER, Object, Objects, example_body, refers_to, request_for

DELETED: Final = "deleted_object_found"
LIST: Final = "list_outdated"
_GONE: Final = frozenset({404, 410})
#: Parents to search for an object with the same key.
_PARENTS: Final = 8
#: Statuses of a request that is refused because of its values.
_REFUSED: Final = frozenset({400, 409, 422})


def send_deletions(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Delete an object of each kind."""
    objects, wanted = Objects(executor), {each.id for each in operations}
    for kind in reversed(executor.api.kinds):
        if kind.delete is not None and kind.delete.id in wanted and not kind.delete.behaviour.effects:
            yield kind.delete
            if (doomed := _doomed(objects, kind)) is not None:
                _Deletion(objects, doomed).run()
    objects.delete_all()


def _doomed(objects: Objects, kind: Kind) -> Object | None:
    """Return a new object, or one that no other operation uses if the API cannot create any."""
    known = objects.of(kind)
    if kind.create is not None:
        return objects.make(kind, known[0].values) if known else None
    user = objects.executor.context.user.get("id")
    if kind.delete is None:
        return None
    found = objects.executor.world.expendable(kind.delete)
    usable = [each for each in found if user not in each.values() and set(parameters_of(kind.path)) <= each.keys()]
    return next((Object(kind, each, {}) for each in usable), None)


@define
class _Deletion:
    """An object with what depends on it."""

    objects: Objects
    doomed: Object
    below: list[Object] = field(factory=list[Object])
    """New objects below it."""
    referring: list[Object] = field(factory=list[Object])
    """New objects that refer to it."""
    alike: list[Object] = field(factory=list[Object])
    """New objects with the same key or the same properties below another parent."""

    @property
    def executor(self) -> Executor:
        """The executor."""
        return self.objects.executor

    def run(self) -> None:
        """Delete the object and check that it is gone, and create another one with its key."""
        kind, doomed = self.doomed.kind, self.doomed
        if doomed.created is not None:
            self._prepare()
        state = doomed.body if kind.get is None else self.executor.read(kind.get, doomed.values).object
        doomed.values = {**self.executor.world.values_in(state), **doomed.values}
        reads = [each for each in self._reads(state) if self._read(each).ok]
        cause = self._delete(state)
        if cause is None or not cause.ok:
            return
        self.objects.forget(doomed)
        self.executor.check(lambda: self._findings(state, reads, cause))
        for operation in (kind.delete, kind.update):
            if operation is not None:
                body = example_body(self.executor, operation, doomed.values)
                request = request_for(operation, doomed.values, body=body, why="for a deleted object")
                self.executor.expect(request, _GONE if operation is kind.delete else {*_GONE, 400, 422}, DELETED)
        if doomed.created is not None:
            self._recreate(state)
        for each in (*self.referring, *self.alike):
            self.objects.delete(each)

    def _prepare(self) -> None:
        """Create what depends on the object."""
        objects, doomed, kinds = self.objects, self.doomed, self.executor.api.kinds
        below = [each for each in kinds if each.create is not None and objects.above(each) is doomed.kind]
        self.below = [new for each in below if (new := objects.make(each, doomed.values)) is not None]
        objects.preferred, key = doomed, identity(doomed.body)
        for kind in kinds:
            if key is None or key in str(doomed.sent):
                break  # a relation between objects
            if kind.create is not None and not kind.path.startswith(doomed.kind.path) and refers_to(kind, doomed.kind):
                parent = next((each.values for each in objects.parents(kind)), doomed.values)
                new = objects.make(kind, parent)
                self.referring += [new] if new is not None and key in str(new.body) else []
        objects.preferred = None
        self.alike = list(objects.alike(doomed))

    def _reads(self, state: Mapping[str, Any]) -> Iterator[Request]:
        """Yield reads of the object, of what is below it, and of objects of other kinds with its key."""
        values, path = self.doomed.values, self.doomed.kind.path
        for operation in self.executor.api.operations:
            is_below = f"{operation.path}/".startswith(f"{path}/") or same_objects(operation.path, path)
            has_query = any(each.is_required for each in operation.query.values())
            if is_below and operation.method == "GET" and not has_query and set(operation.parameters) <= values.keys():
                request = request_for(operation, values)
                if not same_objects(operation.path, path) or self._read(request).object == state:
                    yield request
        for each in self.below:
            if each.kind.get is not None and set(each.kind.get.parameters) <= each.values.keys():
                yield request_for(each.kind.get, each.values)
        for kind in self.executor.api.kinds:  # such as a member of the organization in teams
            is_deeper = kind.parameter == self.doomed.kind.parameter and kind.path.count("{") > path.count("{")
            if is_deeper and kind.get is not None and kind.list is not None:
                for known in self.executor.world.objects(kind.list)[:_PARENTS]:
                    yield request_for(kind.get, {**known, kind.parameter: values[kind.parameter]})

    def _state(self, target: Object) -> Exchange:
        """Read an object, or the list that has it."""
        reading = target.kind.get or target.kind.list
        assert reading is not None  # noqa: S101 - for the type checker
        return self.executor.read(reading, target.values)

    def _read(self, request: Request) -> Exchange:
        return self.executor.read(request.operation, request.values, request.query)

    def _delete(self, state: Mapping[str, Any]) -> Exchange | None:
        """Delete the object, if necessary after some of what depends on it."""
        kind, values = self.doomed.kind, self.doomed.values
        assert kind.delete is not None  # noqa: S101 - for the type checker
        request = request_for(kind.delete, values, why="to delete an object")
        effect = Effect(kind, state, deletes=True)
        cause = self.executor.change(request, kind, values, effect)
        for parts in (self.referring, self.below):
            while parts and cause is not None and cause.status in _REFUSED:
                self.objects.delete(parts.pop())
                cause = self.executor.change(request, kind, values, effect, near=True)
        return cause

    def _findings(self, state: Mapping[str, Any], reads: Sequence[Request], cause: Exchange) -> Iterator[Finding]:
        for check, shown, message in self._problems(state, reads):
            yield self.executor.blame(Finding(check, f"after the deletion of an object, {message}", shown), cause)

    def _problems(self, state: Mapping[str, Any], reads: Sequence[Request]) -> Iterator[tuple[str, Exchange, str]]:
        """Yield the check, the exchange that shows it, and what the deletion has left or has not left."""
        kind, values = self.doomed.kind, self.doomed.values
        for request in reads:
            if (found := self._read(request)).ok:
                yield DELETED, found, "it or what belongs to it can be read"
        key, identifier = str(values[kind.parameter]), identity(state)
        for request in self.executor.world.surroundings(kind, values):
            found = self._read(request)
            if request.operation is kind.list:
                if key in {str(identifier_of(kind.parameter, each)) for each in found.objects}:
                    yield LIST, found, "it is in the list"
            elif found.ok and is_uuid(identifier) and str(identifier) in found.text:
                yield LIST, found, "it is mentioned"
        for each in self.referring:
            if (found := self._state(each)).ok and str(identifier) in found.text:
                yield DELETED, found, "what referred to it still does"
        for each in self.alike:
            if not (found := self._state(each)).ok:
                yield OTHER, found, "one like it below another parent is gone too"

    def _recreate(self, state: Mapping[str, Any]) -> None:
        """Create an object with the key of the deleted one, which has nothing of what belonged to that."""
        kind, doomed = self.doomed.kind, self.doomed
        keys = {name: state[name] for name in NAMES if name in doomed.sent and name in state}
        new = self.objects.make(kind, doomed.values, changes={**doomed.sent, **keys})
        refused = [] if kind.create is None else [self.executor.journal.of(kind.create.id)[-1]]
        for each in refused if new is None else ():
            if each.status in _REFUSED:
                self.executor.report(Finding(DELETED, f"the key of a deleted object gets {each.status}", each))
        if new is None or new.created is None:
            return
        key, created = identity(doomed.body), doomed.body.get("created_at")
        has_id = key is not None and key == identity(new.body) and key not in str(doomed.sent)
        if doomed.sent and (has_id or (created is not None and created == new.body.get("created_at"))):
            message = "an object with the key of a deleted one has its id or its created_at"
            self.executor.report(Finding(RECORD, message, new.created))
        self.objects.delete(new)
