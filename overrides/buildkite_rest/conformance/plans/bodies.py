"""Request bodies that are accepted: creations and updates with each variant of a valid body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, Final

from attrs import define, field, frozen

from ..._base.json_values import as_array, as_object, is_array
from ..api import Kind, Operation, types_of
from ..behaviour import SchemaEffects
from ..exchange import Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..names import unique_name
from ..rules.frame import Effect, Snapshot
from ..values import MISSING, equivalent, get, identity, is_empty, is_uuid, key_of, leaves, shown
from ..world import parent_of
from .objects import NAMES, Object, Objects, references, replaced, request_for, upsert_key

REFUSED: Final = "valid_value_refused"
CONFLICT: Final = "conflict_accepted"
RENAMED: Final = "renamed_object_found"
BATCH: Final = "batch_incomplete"
_INVALID: Final = frozenset({400, 409, 422})
_JSON: Final = "application/json"
_REFERENCES: Final = ("_id", "_ids", "_uuid", "_uuids")
#: Keywords of a text that is not free.
_NOT_FREE: Final = frozenset({"enum", "format", "pattern", "oneOf"})
#: Examples of a property to send.
_EXAMPLES: Final = 3
#: What programs lose: accents, characters of four bytes, quotes, markup, escapes, inner spaces, line breaks, tabs.
_TEXT: Final = 'Grüße \U0001f680 :rocket: "a" & <b>\\n</b> %20+  007\n\nAnd so on.\n\tEnd'
#: A text of words, unlike code, patterns and lists of addresses.
_PROSE: Final = re.compile(r"[\w ,.;'!?:()-]*")
#: A symbol as a character, where the examples have it by name, such as `:lemon:`.
_EMOJI: Final = "\U0001f34b"
#: A zone other than UTC, which a server may ignore.
_ZONE: Final = timezone(timedelta(hours=5, minutes=30))
_SYMBOL: Final = re.compile(r":[\w+-]+:|[^\x00-\xff]{1,4}")
_ENTRIES: Final = {
    "Mixed_Case": 'Grüße \U0001f680 "a"=b',
    "LINES": "first\nsecond\n\tthird",
    "NUMBER": "007",
    "SWITCH": "true",
}


@frozen
class Variant:
    """A variant of a valid body."""

    what: str
    """For messages: `with the example 1`."""
    changes: Mapping[str, Any]
    """Properties to add to the required ones."""
    is_documented: bool = False
    """Whether the API is documented to accept it. Others may be refused, and then have no effect."""
    choice: str = ""
    """The property with one of its documented values, all of which are accepted if one is."""


@define
class Bodies:
    """The variants of a body of an operation on an object, or on the list of a parent."""

    objects: Objects
    operation: Operation
    kind: Kind
    values: PathValues
    target: Object | None = None
    """The object to update."""
    done: frozenset[str] = frozenset()
    """Properties that were changed in another object already."""
    accepted: set[str] = field(factory=set[str])
    """Properties that were accepted alone, and that the object has."""
    last: Exchange | None = None
    """The last request that was accepted."""
    refused: list[tuple[Variant, Exchange]] = field(factory=list[tuple[Variant, Exchange]])

    @property
    def executor(self) -> Executor:
        """The executor."""
        return self.objects.executor

    @property
    def facts(self) -> SchemaEffects:
        """What is known of the properties."""
        return self.executor.api.facts_of(self.operation.body_schema).effects

    @property
    def schema(self) -> Mapping[str, Mapping[str, Any]]:
        """The properties of the body, without deprecated ones and those that may exclude the user of the token."""
        known = dict(self.executor.api.properties(self.operation.body_schema))
        for name, each in self.executor.api.facts_of(self.operation.body_schema).properties.items():
            known |= {name: {**known[name], "enum": each.strict["enum"]}} if "enum" in each.strict else {}
        is_safe = self.executor.is_local or (self.target is not None and self.target.is_own)
        risky = () if is_safe else self.facts.risky
        return {name: node for name, node in known.items() if not node.get("deprecated") and name not in risky}

    @property
    def state(self) -> Mapping[str, Any]:
        """The object to update as it is now, or nothing."""
        if self.target is None or self.kind.get is None:
            return {}
        return self.executor.read(self.kind.get, self.target.values).object

    def present(self, name: str) -> Any:
        """Return the present value of a property, or `MISSING`."""
        return get(self.facts.returned_as.get(name, name), self.state)

    def body(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return some properties with the required ones: their present values, or those of an example.

        Of the properties of which a request needs one, those in `changes` replace that of the example.
        """
        if self.target is not None:
            present = {name: self.present(name) for name in self.operation.required}
            return {name: value for name, value in present.items() if value is not MISSING} | {**changes}
        example = self.objects.body(self.operation, self.operation.body_examples[-1], self.values)
        needed = {*self.operation.required, upsert_key(self.operation)}
        if not any(changes.get(name) for name in self.facts.needed):
            needed |= {*self.facts.needed}
        return {name: value for name, value in example.items() if name in needed} | {**changes}

    def variants(self) -> Iterator[Variant]:
        """Yield all variants. The values of properties depend on the state of the object when each is yielded."""
        if self.done:
            yield from self._further()
            return
        for number, example in enumerate(self.operation.body_examples, 1):
            body = self.objects.body(self.operation, example, self.values)
            unknown = {each for _, each in leaves(example) if is_uuid(each)} & {each for _, each in leaves(body)}
            if unknown:
                self.executor.skip(REFUSED, self.operation, f"there is no object for {min(unknown)} of an example")
            yield Variant(f"with the documented example {number}", body, is_documented=not unknown)
        yield Variant("with the required properties only", {}, is_documented=self.target is None)
        yield from self._rows({"": self._values})
        yield from self._ignored()
        for name in self._by_risk():
            yield from self._alone(name)
        yield from self._rows({"nothing as ": self._empty, "unusual characters as ": self._texts})

    def _ignored(self) -> Iterator[Variant]:
        """Yield bodies with values that are documented to be ignored, and with properties that only responses have."""
        for pointer, value in self.facts.ignored.items():
            example = self.objects.body(self.operation, self.operation.body_examples[-1], self.values)
            yield Variant(f"with {pointer}, which is ignored", replaced(example, tuple(pointer.split("/")), value))
        known = self.executor.api.properties(self.operation.body_schema)
        others = [each.body for each in self.objects.of(self.kind) if each is not self.target]
        unknown = {name: value for name, value in (others or [{}])[-1].items() if name not in known}
        if unknown and self.target is not None and self.executor.is_local:
            yield Variant(f"with {', '.join(sorted(unknown))}, which the body does not have", unknown)

    def _further(self) -> Iterator[Variant]:
        """Yield the properties that no other object has accepted alone, and then one that must leave these alone."""
        names = self._by_risk()
        for name in names:
            if name not in self.done:
                yield from self._alone(name)
        known = [name for name in names if name in self.done and name not in NAMES and not self._is_choice(name)]
        for name in known[:1]:
            yield from islice(self._alone(name), 1)

    def _rows(self, forms: Mapping[str, Callable[[str], Iterator[Any]]]) -> Iterator[Variant]:
        """Yield bodies with a value of each property."""
        for what, values in forms.items():
            names = self.schema.keys() - (self.facts.needed if self.target is None else ())
            row = {name: value for name in sorted(names) for value in islice(values(name), 1)}
            if row and (self.executor.is_local or values != self._texts):
                yield Variant(f"with {what}{', '.join(row)}", row)

    def send_all(self, send: Callable[[Variant], Exchange | None]) -> None:
        """Send all variants, and report documented ones that are refused, unless nothing is accepted.

        A relation of two objects, for example, may exist already.
        """
        for variant in self.variants():
            self._send(variant, send)
        for variant, exchange in self.refused if self.last is not None else ():
            if variant.is_documented or variant.choice in self.accepted:
                message = f"a request {variant.what} gets {exchange.status}"
                self.executor.report(Finding(REFUSED, message, exchange))

    def _send(self, variant: Variant, send: Callable[[Variant], Exchange | None]) -> None:
        """Send a variant, and each half of it if it is refused although it need not be."""
        exchange = send(variant)
        names = [*variant.changes]
        if exchange is not None and exchange.ok:
            self.last = exchange
            is_shown = len(names) == 1 and (self.target is None or self.present(names[0]) is not MISSING)
            self.accepted |= set(names) if is_shown else set()
        if exchange is not None and exchange.status in _INVALID:
            self.refused.append((variant, exchange))
            names = [name for name in names if name in self.schema and not variant.is_documented]
            for half in (names[::2], names[1::2]) if len(names) > 1 else ():
                changes = {name: variant.changes[name] for name in half}
                self._send(Variant(f"{variant.what} ({', '.join(half)})", changes), send)

    def _by_risk(self) -> list[str]:
        """Return the names of the properties, switches and names last, because they change others."""
        return sorted(self.schema, key=lambda name: (name in NAMES, "boolean" in types_of(self.schema[name])))

    def _alone(self, name: str) -> Iterator[Variant]:
        """Yield a property with each of its values."""
        if name in self.operation.required and self.target is None and not self._is_choice(name):
            return
        limits = (self.schema[name].get("minimum", MISSING), self.schema[name].get("maximum", MISSING))
        used: Any = MISSING
        for value in self._values(name):
            is_documented = self._is_choice(name) or value in limits
            choice = name if is_documented and name not in self.operation.required else ""
            if not equivalent(value, self.present(name) if self.target else self.facts.defaults.get(name, MISSING)):
                used = value if used is MISSING else used
                yield Variant(f"with {name} {shown(value)}", {name: value}, choice=choice)
        for value in self._empty(name):
            yield Variant(f"with {name} {shown(value)}", {name: value}, is_documented=value is None)
        if name in self.accepted and used is not MISSING and (self._is_choice(name) or is_empty(self.present(name))):
            yield Variant(f"with {name} {shown(used)} again", {name: used})

    def _values(self, name: str) -> Iterator[Any]:
        """Yield values of a property, except for empty ones."""
        node = self.schema[name]
        kinds, examples = types_of(node), self.executor.api.examples[name]
        if name == upsert_key(self.operation):
            return
        if name in NAMES:
            yield unique_name(node)
        elif references := self._references(name, examples):
            yield from [[each] for each in references] + [references] if "array" in kinds else references
        elif enum := _enum(node):
            yield from [[each] for each in enum] + [enum] if "array" in kinds else self._others_first(name, enum)
        elif "boolean" in kinds:
            yield from self._others_first(name, [True, False])
        elif kinds & {"integer", "number"}:
            yield from _numbers(node, self.present(name))
        elif node.get("format") == "date-time":
            yield (datetime.now(_ZONE) + timedelta(days=30)).replace(microsecond=0).isoformat()
        else:
            fitting = [each for each in examples if not is_empty(each) and self._is_valid(name, each)]
            yield from fitting[:_EXAMPLES]

    def _others_first(self, name: str, options: list[Any]) -> list[Any]:
        """Return the values of a choice, the present one or the default last."""
        present = self.facts.defaults.get(name, MISSING) if self.target is None else self.present(name)
        return sorted(options, key=lambda each: each == present)

    def _is_valid(self, name: str, value: Any) -> bool:
        problems = self.executor.api.body_problems(self.operation, {name: value})
        return not any(each.startswith(f"/{name}") for each in problems)

    def _empty(self, name: str) -> Iterator[Any]:
        """Yield null and the empty value of a property, if the schema allows them."""
        kinds = types_of(self.schema[name])
        if name in self.operation.required:
            return
        if "null" in kinds:
            yield None
        if "array" in kinds and not self.schema[name].get("minItems"):
            yield []

    def _texts(self, name: str) -> Iterator[Any]:
        """Yield a text, or a map of texts, with unusual characters."""
        node, examples = self.schema[name], self.executor.api.examples[name]
        kinds = types_of(node)
        if "string" in kinds and not _NOT_FREE & node.keys() and name not in NAMES:
            texts = [each for each in examples if isinstance(each, str)]
            code = next((each for each in texts if "\n" in each), None)
            if code is not None:
                yield f"{code.rstrip()}\n\n#\t{_TEXT.splitlines()[0]}\n"
            elif any(map(_SYMBOL.fullmatch, texts)):
                yield _EMOJI
            elif any(" " in each for each in texts) and all(map(_PROSE.fullmatch, texts)):
                yield _TEXT[: node.get("maxLength", len(_TEXT))]
        elif "object" in kinds and "additionalProperties" in node and not node.get("properties"):
            yield _ENTRIES

    def _references(self, name: str, examples: Sequence[Any]) -> list[str]:
        """Return the ids of two objects that a property may refer to."""
        texts = [each for value in examples for each in (value if is_array(value) else [value])]
        is_reference = name.endswith(_REFERENCES) or any(map(is_uuid, texts))
        return list(references(self.executor, self.operation, name, self.values)[-2:]) if is_reference else []

    def _is_choice(self, name: str) -> bool:
        """Return whether a property has few values, all of which are documented."""
        node = self.schema[name]
        return "boolean" in types_of(node) or bool(_enum(node))


def send_bodies(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Create and update objects of each kind with each variant of a valid body."""
    objects = Objects(executor)
    wanted = {each.id for each in operations}
    for kind in executor.api.kinds:
        if kind.create is not None and kind.create.id in wanted:
            yield kind.create
            _send_creations(objects, kind)
    for kind in reversed(executor.api.kinds):
        if kind.update is not None and kind.update.id in wanted:
            yield kind.update
            _send_updates(objects, kind)
    objects.delete_all()


def _send_creations(objects: Objects, kind: Kind) -> None:
    first = next(iter(objects.of(kind)), None)
    if first is None or kind.create is None or first.created is None:
        return
    bodies = Bodies(objects, kind.create, kind, first.created.values)
    effect, known = Effect(kind, {}, creates=True), len(objects.made)

    def create(request: Request) -> Exchange | None:
        exchange = objects.executor.change(request, kind, bodies.values, effect, near=True)
        if exchange is not None and exchange.ok:
            objects.add(kind, exchange)
        return exchange

    def send(variant: Variant) -> Exchange | None:
        if identity(first.body) is None:  # a relation, of which there is one for each pair of objects
            objects.delete_all(known)
        body = bodies.body(variant.changes)
        return create(Request(bodies.operation, bodies.values, body=body, why=variant.what))

    before = objects.executor.snapshot(kind, bodies.values)
    if kind.create.body_media_type != _JSON:
        any(
            exchange is not None and exchange.ok
            for exchange in map(create, objects.creations(kind.create, first.values))
        )
        return
    bodies.send_all(send)
    _send_conflicts(bodies, first, create)
    _send_batch(bodies, first, create)
    if bodies.last is not None:
        touched = [first] if upsert_key(kind.create) else []
        created = frozenset(key_of(each.body) for each in (*objects.made[known:], *touched))
        objects.executor.compare(before, bodies.last, Effect(kind, {}, created=created), is_series=True)
    objects.delete_all(known)


def _with_new_names(bodies: Bodies, first: Object, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of an object with new names and other changes."""
    names = {name: unique_name(bodies.schema[name]) for name in NAMES & first.sent.keys() & bodies.schema.keys()}
    return {**first.sent, **names, **changes}


def _send_conflicts(bodies: Bodies, first: Object, create: Callable[[Request], Exchange | None]) -> None:
    """Send each unique value of an object in the body of another one."""
    for name in bodies.facts.unique:
        body = _with_new_names(bodies, first, {name: first.body.get(name, first.sent.get(name))})
        exchange = create(Request(bodies.operation, bodies.values, body=body, why=f"with the {name} of another object"))
        if exchange is not None and exchange.ok:
            message = f"a second object with the same {name} is accepted"
            bodies.executor.report(Finding(CONFLICT, message, exchange))


def _send_batch(bodies: Bodies, first: Object, create: Callable[[Request], Exchange | None]) -> None:
    """Send several items with a duplicate in upper case: each has one object."""
    for name, key in bodies.facts.batch.items():
        items = [f"{unique_name()}+tag@acme.example" for _ in range(2)]
        for sent in ([items[0], "invalid"], [*items, items[0].upper()]):
            body = _with_new_names(bodies, first, {name: sent})
            exchange = create(Request(bodies.operation, bodies.values, body=body, why=f"with the {name} {sent}"))
        found = sorted(str(each.get(key)).lower() for each in exchange.objects) if exchange is not None else items
        if exchange is not None and found != sorted(items):
            message = f"{found} instead of one object for each of {items}"
            bodies.executor.report(Finding(BATCH, message, exchange))


def _send_updates(objects: Objects, kind: Kind) -> None:
    """Update an object with all variants, and others with what it does not accept and with one property."""
    targets, done = objects.of(kind) if kind.get is not None else (), frozenset[str]()
    for target in targets:
        done |= _update(objects, target, done)


def _update(objects: Objects, target: Object, done: frozenset[str]) -> set[str]:
    """Update an object, and return the properties that were accepted alone."""
    kind, executor = target.kind, objects.executor
    assert kind.update is not None  # noqa: S101 - for the type checker
    bodies, changed = Bodies(objects, kind.update, kind, target.values, target, done), set[str]()

    def send(variant: Variant) -> Exchange | None:
        body = bodies.body(variant.changes)
        request = request_for(bodies.operation, target.values, body=body, why=variant.what)
        changes = _changes(executor, bodies.operation, body)
        effect = Effect(kind, bodies.state, changes=changes, parent=parent_of(kind, target.values))
        changed.update(effect.changes)
        exchange = executor.change(request, kind, target.values, effect, near=True)
        if exchange is not None and exchange.ok:
            former = dict(target.values)
            objects.rename(target, exchange.body)
            bodies.values = target.values
            if former != target.values and kind.get is not None:
                moved = Request(kind.get, former, why="for the former path of a renamed object")
                executor.expect(moved, {404}, RENAMED)
        return exchange

    is_relation = str(target.values.get(kind.parameter)) in {*map(str, target.sent.values())}
    alike = list(objects.alike(target)) if is_relation and not done else []
    values = [target.values, *(each.values for each in alike or objects.parents(kind)[1:])]
    before = Snapshot([read for each in values for read in executor.snapshot(kind, each).reads])
    state = bodies.state
    bodies.send_all(send)
    if not target.is_own and (former := {name: state[name] for name in bodies.accepted if name in state}):
        send(Variant("with the former values", former))
    if bodies.last is not None:
        effect = Effect(kind, state, changes=frozenset(changed), parent=parent_of(kind, target.values))
        executor.compare(before, bodies.last, effect, is_series=True)
    for each in alike:
        objects.delete(each)
    return bodies.accepted


def _changes(executor: Executor, operation: Operation, body: Mapping[str, Any]) -> frozenset[str]:
    """Return the properties of an object that a body changes."""
    facts = executor.api.facts_of(operation.body_schema).effects
    known = executor.api.properties(operation.body_schema)
    found = {other for name in body for other in facts.changes.get(name, ())}
    found |= {name for name, source in facts.derived.items() if source in body}
    for name in body.keys() & known.keys():
        place = facts.returned_as.get(name, name)
        parts = as_object(body[name] if executor.api.properties(known[name]) else None)
        nested = [facts.returned_as[f"{name}/{part}"] for part in parts if f"{name}/{part}" in facts.returned_as]
        found |= {each.strip("/").partition("/")[0] for each in nested}
        found |= {f"{place}/{part}" for part in parts} or {place}
    return frozenset(found)


def _enum(node: Mapping[str, Any]) -> list[Any]:
    """Return the values of the enum of a property or of its items, except for null."""
    found = as_array(as_object(node.get("items")).get("enum", node.get("enum")))
    return [each for each in found if each is not None]


def _numbers(node: Mapping[str, Any], present: Any) -> Iterator[int]:
    """Yield the limits of a number, and others near and far from the present one."""
    low, high = node.get("minimum", 1), node.get("maximum")
    near = (present if isinstance(present, int) else 5) + 1
    far = high if high is not None else 10 * near
    yield from {low: None, near: None, far: None} if high is None or near <= high else (low, far)
