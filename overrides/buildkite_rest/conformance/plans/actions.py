"""Actions: each effect in the behaviour is brought about on an object in the right state, repeated and undone.

The executor judges that nothing else changes, and this module that what is declared happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import define, evolve

from ..._base.json_values import as_array, as_object, is_object
from .. import behaviour as facts
from ..api import Kind, Operation, object_path
from ..exchange import NO_BODY, Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..objects import identifier_of, object_from_item
from ..rules.effects import server_time
from ..rules.expressions import (
    Sources,
    filled,
    is_excepted,
    problems,
    references_in,
)
from ..rules.frame import Effect
from ..values import MISSING, get, holds, is_empty, key_of
from ..world import path_of
from .headers import check_forms
from .objects import Object, Objects, Prerequisites, references, request_for

EFFECT: Final = "effect_missing"
REPETITION: Final = "repetition_has_effect"
#: Objects in the right state to send a request for until it is accepted.
_TRIED: Final = 3
#: Statuses that say nothing about the state: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({403, 429, 503})
#: Properties with the user who created an object.
_CREATORS: Final = ("created_by", "creator")


def send_actions(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Bring about each effect of the operations.

    What can neither be repeated nor undone comes last, and each operation with it once before any has it again.
    """
    objects, known = Objects(executor), dict[str, list[Object]]()
    effects = [(each, number) for each in operations for number in range(len(each.behaviour.effects))]
    for operation, number in sorted(effects, key=lambda effect: _is_final(effect[0]) and effect[1] + 1):
        yield operation
        kind, effect = executor.world.kind_of(operation), operation.behaviour.effects[number]
        is_possible = kind is None or _Action(objects, known, kind, operation, effect).run_first()
        if not is_possible and not any(each.ok for each in executor.journal.of(operation.id)):
            executor.skip("effects", operation, f"no object with {dict(effect.when)}")
    objects.delete_all()


def _is_final(operation: Operation) -> bool:
    return any(each.repeated == "refused" and each.undone_by is None for each in operation.behaviour.effects)


@define
class _Action:
    """An operation and one of its effects."""

    objects: Objects
    known: dict[str, list[Object]]
    """Objects by the operation that reads them, as they were last read."""
    kind: Kind
    operation: Operation
    effect: facts.Effect
    is_undone: bool = True

    @property
    def executor(self) -> Executor:
        """The executor."""
        return self.objects.executor

    @property
    def listing(self) -> Operation | None:
        """The operation that lists the objects."""
        return self.kind.list if self.effect.of is None else self.executor.api.by_id[self.effect.of]

    @property
    def reading(self) -> Operation | None:
        """The operation that reads an object alone."""
        if self.effect.read is not None:
            return self.executor.api.by_id[self.effect.read]
        if self.effect.of is not None or self.effect.object is not None:
            return self.kind.get if self.effect.of is None else None
        return self.executor.api.at("GET", object_path(self.operation.path))

    def run_first(self) -> bool:
        """Run the action on the first object that accepts the request. Return whether there is one."""
        if any(self.run(each) for each in self.targets()[:_TRIED]):
            return True
        self.known.pop(self._source, None)  # objects may have changed by themselves
        return any(self.run(each) for each in self.targets()[:_TRIED])

    def targets(self) -> Sequence[Object]:
        """Return the objects in the state that the request needs, those first that show most of what it does."""
        if self._source not in self.known:
            self.known[self._source] = list(self._objects())
        usable = [each for each in self.known[self._source] if holds(self.effect.when, each.body)]
        return sorted(usable, key=lambda each: self._weakness(each.body))

    @property
    def _source(self) -> str:
        """Where objects are found: the path of the list, or of what is read alone."""
        reading = self.listing if self.reading is None or self.reading.path.endswith("}") else self.reading
        return self.kind.path if reading is None else reading.path

    def _objects(self) -> Iterator[Object]:
        """Yield the objects of the plan, and those of lists."""
        for each in self.objects.of(self.kind) if self.effect.of is None else ():
            yield evolve(each, body=self._state(each) or each.body)
        if self.reading is not None and not self.reading.path.endswith("}"):
            for values in self.executor.world.objects(self.operation):
                target = Object(self.kind, values, {})
                yield evolve(target, body=self._state(target))
        elif self.listing is not None:
            for values in self.executor.world.objects(self.listing):
                for item in self.executor.read(self.listing, values, _query(self.listing)).objects:
                    found = None if self.effect.of else object_from_item(self.kind.path, values, item)
                    yield Object(self.kind, values if found is None else found.values, item)

    def _weakness(self, state: Any) -> tuple[bool, int, int]:
        """Return how little an object in a state shows of what the request does."""
        names = [name for name, value in self.effect.sets.items() if value == "$user"]
        user = self.executor.context.user.get("id")
        is_of_user = any(get(f"{name}/id", state) == user for name in (*names, *_CREATORS)) if names else False
        kinds = 0
        for value in self.effect.returns.values():
            if is_object(value) and "count" in value:
                items = as_array(get(value["count"], state))
                kinds += len({str([get(name, each) for name in value["with"]]) for each in items})
        return is_of_user, -kinds, sum(map(is_empty, as_object(state).values()))

    def _state(self, target: Object) -> Any:
        """Return an object as it is, or None."""
        reading = self.reading
        if reading is not None and set(reading.parameters) <= target.values.keys():
            found = self.executor.read(reading, target.values)
            return found.body if found.ok else None
        return None if self.listing is None else self._item(self.listing, target)

    def _item(self, listing: Operation, target: Object) -> Any:
        """Return an object in a list, or None."""
        if not set(listing.parameters) <= target.values.keys():
            return None
        wanted = self._key(target.body) if self.effect.of else str(target.values.get(self.kind.parameter))
        for item in self.executor.read(listing, target.values, _query(listing)).objects:
            if wanted == (self._key(item) if self.effect.of else str(identifier_of(self.kind.parameter, item))):
                return item
        return None

    def _key(self, item: object) -> str:
        """Return what identifies an item that the body of a request names."""
        return str(filled(self.effect.body, Sources(before=item).value))

    def run(self, target: Object) -> bool:
        """Send the request, and judge, repeat and undo it. Return whether that was possible."""
        before = self._state(target)
        if before is None or not holds(self.effect.when, before):
            return False
        earlier = Prerequisites(self.executor, {**self.executor.world.values_in(before), **target.values})
        with earlier.met(self.effect.after, partial(filled, evaluate=Sources(before=before).value)) as is_met:
            before, values = self._state(target), earlier.values
            sources = self._sources(target, before) if is_met else None
            if sources is None:
                return False
            request = self._request(values, sources)
            cause = self._change(request, values, before)
            if cause is None or not cause.ok or self.effect.refused:
                return cause is not None and self._judge_status(target, cause)
            if self.effect.object == "new":
                self.objects.add(self.kind, cause)
            exact = evolve(sources, request=request.body, response=cause.body, time=server_time(cause))
            self.executor.check(
                lambda: (
                    Finding(EFFECT, f"after a request {request.why}, {message}", cause)
                    for message in self._problems(target, values, exact, cause)
                )
            )
            if self.reading is not None and (read := self.executor.read(self.reading, values)).ok:
                check_forms(self.executor, read)
            self._repeat(request, target, values, exact)
            target.body = self._state(target) or {}
            if self.is_undone and self.effect.undone_by is not None:
                self._undo(target)
        return True

    def _change(self, request: Request, values: PathValues, before: Any) -> Exchange | None:
        names = frozenset(map(_first, self.effect.sets))
        also, further = frozenset(self.effect.also), self._further(values)
        near = self.executor.world.surroundings(self.kind, values)
        is_new = any(each.returns.get("id") == "$new" for each in self.operation.behaviour.effects)
        effect = Effect(
            self.kind,
            as_object(before) if self.effect.object != "new" else {},
            names | also,
            {each.operation.id: self._changed_elsewhere(each.operation) for each in (*near, *further)},
            creates=is_new or self.effect.object == "new",
            deletes=bool(self.effect.not_in),
            created=frozenset({key_of(before)} if self.effect.in_ else ()),
            together=frozenset(key_of(item) for value in as_object(request.body).values() for item in as_array(value)),
        )
        is_first = self.is_undone and self.effect is self.operation.behaviour.effects[0]
        return self.executor.change(request, self.kind, values, effect, further, near=not is_first)

    def _changed_elsewhere(self, read: Operation) -> frozenset[str]:
        """Return the properties of other objects that may change, by the operation that reads them."""
        schema = self.executor.api.item_schema(read)
        found = set(self.effect.also) if read.path.startswith(f"{self.kind.path}/") else set[str]()
        for name, values in self.effect.elsewhere.items():
            if self.executor.api.item_schema(self.executor.api.by_id[name]) is schema:
                found |= {_first(pointer) for pointer in values}
        return frozenset(found)

    def _further(self, values: PathValues) -> Sequence[Request]:
        """Return reads of what is not near the object in its path."""
        names = (self.effect.read, self.effect.of, *self.effect.elsewhere, *self.effect.in_, *self.effect.not_in)
        found = [self.executor.api.by_id[name] for name in names if name is not None]
        usable = [each for each in found if set(each.parameters) <= values.keys()]
        return [request_for(each, values, query=_query(each)) for each in usable]

    def _judge_status(self, target: Object, cause: Exchange) -> bool:
        """Judge a refusal, or a success that should be one. Return whether another object would get the same."""
        of_others = {each.status for each in self.operation.behaviour.refusals if each.also}
        has_left = not holds(self.effect.when, self._state(target))  # a build may have finished by itself
        if not cause.ok and (has_left or cause.status in _UNDECIDED | of_others):
            return False
        if self.effect.refused == cause.ok:
            message = f"a request {cause.request.why} gets {cause.status}"
            self.executor.report(Finding(EFFECT, message, cause))
        return True

    def _problems(self, target: Object, values: PathValues, sources: Sources, cause: Exchange) -> Iterator[str]:
        """Yield what the request has not done."""
        effect, api, read = self.effect, self.executor.api, self.executor.read
        if effect.returns or self.operation.method != "DELETE":
            yield from problems(effect.returns or effect.sets, cause.body, sources)
        new = api.find("GET", path_of(cause.object.get("url"))) if effect.returns else None
        if new is not None:
            found = read(*new)
            yield from problems(effect.returns, found.body, sources) if found.ok else [f"its URL gets {found.status}"]
        if effect.object != "new":
            yield from problems(effect.sets, self._state(target), sources)
            item = None if self.kind.list is None or effect.of is not None else self._item(self.kind.list, target)
            yield from (f"{each} in a list" for each in problems(effect.sets, item, sources))
        for name in (*effect.in_, *effect.not_in):
            if (self._item(api.by_id[name], target) is not None) != (name in effect.in_):
                yield f"the object is {'not ' if name in effect.in_ else ''}in {name}"
        for request in self._further(values):
            expected = dict(effect.elsewhere.get(request.operation.id, {}))
            unless = expected.pop("unless", {})
            other = read(request.operation, request.values, request.query)
            if expected and other.ok and not is_excepted(unless, other.body, cause.body):
                yield from (f"{each} in {request.operation.id}" for each in problems(expected, other.body, sources))

    def _repeat(self, request: Request, target: Object, values: PathValues, sources: Sources) -> None:
        """Send the same request again, which is refused or has no effect."""
        if self.effect.repeated is None:
            return
        effect = Effect(self.kind, as_object(self._state(target)), frozenset(self.effect.also))
        again = request.having(why=f"{request.why} again")
        cause = self.executor.change(again, self.kind, values, effect, self._further(values), near=True)
        if cause is not None and cause.status not in _UNDECIDED and cause.ok != (self.effect.repeated == "same"):
            self.executor.report(Finding(REPETITION, f"a request {again.why} gets {cause.status}", cause))
        elif cause is not None and cause.ok:
            for message in problems(self.effect.returns or self.effect.sets, cause.body, sources):
                self.executor.report(Finding(REPETITION, f"after a request {again.why}, {message}", cause))

    def _undo(self, target: Object) -> None:
        """Undo the request."""
        undo = self.executor.api.by_id[self.effect.undone_by or ""]
        _Action(self.objects, self.known, self.kind, undo, undo.behaviour.effects[0], is_undone=False).run(target)

    def _request(self, values: PathValues, sources: Sources) -> Request:
        effect, operation, objects = self.effect, self.operation, self.objects
        body: Any = NO_BODY if effect.body is None else filled(effect.body, sources.value)
        if effect.object == "new":
            body = objects.body(operation, body, values)
        elif effect.body is None and operation.body_examples:
            body = objects.body(operation, operation.body_examples[0], values)
        if body == {} and not as_object(operation.node.get("requestBody")).get("required"):
            body = NO_BODY
        why = "without a body" if body is NO_BODY else f"with {body}"
        why += f" for an object with {dict(effect.when)}" if effect.when else ""
        return request_for(operation, values, query=filled(effect.query, sources.value), body=body, why=why)

    def _sources(self, target: Object, before: Any) -> Sources | None:
        """Return what the expressions of the request refer to, or None if one of them has no value."""
        sent = [self.effect.body, self.effect.query]
        others = dict(self._others(target, sent))
        siblings = [each for each in self.known.get(self._source, ()) if each.body != before]
        own = request_for(self.operation, target.values).values
        near = [each.body for each in siblings if own.items() <= each.values.items()]
        found = Sources(before, user=self.executor.context.user, others=others, sibling=next(iter(near), None))
        return None if filled(sent, found.value) is MISSING else found

    def _others(self, target: Object, sent: Any) -> Iterator[tuple[str, Any]]:
        """Yield the objects that a request refers to, by expression."""
        user = self.executor.context.user.get("id")
        for expression in references_in(sent):
            source, _, name = expression.partition(".")
            if source == "$reference":
                found = references(self.executor, self.operation, name, target.values)
                keys = [key for key in found if key != user]
            else:
                kind = next(each for each in self.executor.api.kinds if each.parameter == name)
                keys = [each.values[name] for each in self.objects.of(kind) if each.values[name] != target.values[name]]
            yield from [(expression, key) for key in keys[-1:]]


def _first(pointer: str) -> str:
    return pointer.strip("/").partition("/")[0]


def _query(listing: Operation) -> Mapping[str, Any]:
    return {"per_page": 100} if "per_page" in listing.query else {}
