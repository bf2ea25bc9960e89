"""Keys of objects: which of them another object may have, and which bodies make several objects or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from ..api import Kind, Operation, parameters_of
from ..exchange import Exchange, PathValues, Request
from ..executor import Finding
from ..names import unique_name
from ..rules.effects import RECORD
from ..rules.frame import Effect
from ..values import identity
from .objects import NAMES, Object, Objects, upsert_key

CONFLICT: Final = "conflict_accepted"
BATCH: Final = "batch_incomplete"
_INVALID: Final = frozenset({400, 409, 422})
#: Characters that a name may have, but not a slug.
_PUNCTUATION: Final = " & (!)"
_SLUG: Final = "$slug#/"


class Keys:
    """Creations of objects beside one, below its parent or another one."""

    def __init__(self, objects: Objects, first: Object, create: Operation) -> None:
        self.objects, self.executor, self.first, self.create = objects, objects.executor, first, create
        self.facts = self.executor.api.facts_of(create.body_schema).effects
        self.schema = self.executor.api.properties(create.body_schema)

    def send_all(self) -> None:
        """Send all creations."""
        self._send_conflicts()
        self._send_similar()
        self._send_again()
        self._send_batch()
        self._send_upserts()

    def _body(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of the first object with new names."""
        names = {name: unique_name(self.schema[name]) for name in NAMES & self.first.sent.keys()}
        return {**self.first.sent, **names, **changes}

    def _send(self, body: Mapping[str, Any], why: str, *, near: bool = True) -> Exchange | None:
        """Create an object with the parents of the first one, or return None if that is not permitted."""
        values = {name: self.first.values[name] for name in self.create.parameters}
        request = Request(self.create, values, body=body, why=why)
        kind = self.first.kind
        return self.executor.change(request, kind, values, Effect(kind, {}, creates=True), near=near)

    def _made(self, exchange: Exchange | None) -> list[Object]:
        return [] if exchange is None or not exchange.ok else [*self.objects.add(self.first.kind, exchange)]

    def _report(self, check: str, message: str, exchange: Exchange | None) -> None:
        if exchange is not None:
            self.executor.report(Finding(check, message, exchange))

    def _send_conflicts(self) -> None:
        """Send each unique value of the first object: alone, and with other values of other unique properties."""
        for name in self.facts.unique:
            value = self.first.body.get(name, self.first.sent.get(name))
            others = {each: unique_name(self.schema[each]) for each in self.facts.unique if each != name}
            for further in [{}, others] if others else [{}]:
                exchange = self._send(self._body({**further, name: value}), f"with the {name} of another object")
                if self._made(exchange):
                    self._report(CONFLICT, f"a second object with the same {name} is accepted", exchange)

    def _send_similar(self) -> None:
        """Send a name that would have the slug of another object, with a slug of its own."""
        for slug, default in self.facts.defaults.items():
            source = str(default).removeprefix(_SLUG)
            if source != default and isinstance(name := self.first.body.get(source), str):
                body = self._body({source: f"{name}{_PUNCTUATION}", slug: unique_name(self.schema[slug])})
                self._must_be_accepted(self._send(body, "with a similar name"), f"another {source} and {slug}")

    def _must_be_accepted(self, exchange: Exchange | None, what: str) -> list[Object]:
        if exchange is not None and exchange.status in _INVALID:
            self._report(CONFLICT, f"{what} gets {exchange.status}", exchange)
        return self._made(exchange)

    def send_elsewhere(self) -> None:
        """Create the first object again below another parent, and in a list of the same name further up."""
        kind, values = self.first.kind, self.first.values
        for parent in self.objects.parents(kind)[1:2]:
            if parent.is_own and not parent.values.items() <= values.items():
                self._send_copy(kind, self.create, {**values, **parent.values})
        for other in self.executor.api.kinds:
            parents = {*parameters_of(other.path)[:-1]}
            is_above = parents < values.keys() - {kind.parameter} and not _same_paths(other, kind)
            if is_above and other.create is not None and _ends_alike(other, kind, 2):
                self._send_copy(other, other.create, values)
                if upsert_key(self.create) is not None:
                    self._send(self.first.sent, "again", near=False)

    def _send_copy(self, kind: Kind, create: Operation, values: PathValues) -> None:
        """Create the first object again below another parent, if that accepts any object of the kind."""
        own = {name: values[name] for name in create.parameters}
        request = Request(create, own, body=self.first.sent, why="with the values of an object of another parent")
        exchange = self.executor.change(request, self.first.kind, self.first.values, Effect(kind, {}, creates=True))
        if exchange is not None and exchange.ok:
            self.objects.add(kind, exchange)
        elif exchange is not None and exchange.status in _INVALID and self.objects.make(kind, values) is not None:
            self._report(CONFLICT, f"the values of an object of another parent get {exchange.status}", exchange)

    def _send_again(self) -> None:
        """Delete an object, and create another one with its key, which has nothing else of it."""
        made = self.objects.make(self.first.kind, self.first.values)
        if made is None or (deleted := self.objects.delete(made)) is None or not deleted.ok:
            return
        exchange = self._send(made.sent, "with the key of a deleted object")
        for again in self._must_be_accepted(exchange, "an object with the key of a deleted one"):
            if (key := identity(again.body)) is not None and key == identity(made.body) and key not in str(made.sent):
                self._report(RECORD, "an object with the key of a deleted one has its id", exchange)
            if "created_at" in again.body and again.body["created_at"] == made.body.get("created_at"):
                self._report(RECORD, "an object with the key of a deleted one has its created_at", exchange)

    def _send_batch(self) -> None:
        """Send several items with a duplicate in upper case: each has one object."""
        for name, key in self.facts.batch.items():
            items = [f"{unique_name()}+tag@acme.example" for _ in range(2)]
            self._made(self._send(self._body({name: [items[0], "invalid"]}), "with an invalid item"))
            exchange = self._send(self._body({name: [*items, items[0].upper()]}), "with a duplicate in upper case")
            found = Counter(str(each.body.get(key)).lower() for each in self._made(exchange))
            if found != Counter(items):
                self._report(BATCH, f"{dict(found)} instead of one object for each of {items}", exchange)

    def _send_upserts(self) -> None:
        """Send the key of an object to its shorter path, and twice no key: each is one object."""
        key, kind = upsert_key(self.create), self.first.kind
        if key is None:
            return
        known = self.first.body
        for other in self.executor.api.kinds:
            if other.create is not None and other is not kind and _same_paths(other, kind):
                values = {name: self.first.values[name] for name in other.create.parameters}
                request = Request(other.create, values, body=self._body({key: known[key]}), why=f"with a known {key}")
                exchange = self.executor.send(request) if self.executor.permits(request) else None
                if exchange is not None and exchange.ok and identity(exchange.body) != identity(known):
                    self._report(CONFLICT, f"the {key} of an object makes another one", exchange)
        if key in self.facts.defaults:
            body = {name: value for name, value in self._body({}).items() if name != key}
            pair = [each for _ in range(2) for each in self._made(self._send(body, f"without a {key}"))]
            if len({identity(each.body) for each in pair}) > 1:
                self._report(CONFLICT, f"no {key} makes two objects", pair[-1].created)


def _ends_alike(kind: Kind, other: Kind, segments: int) -> bool:
    """Return whether the paths of two kinds have the same last segments."""
    return kind.path.split("/")[-segments:] == other.path.split("/")[-segments:]


def _same_paths(kind: Kind, other: Kind) -> bool:
    """Return whether paths identify the same objects with the same parents, of which one leaves some out."""
    return _ends_alike(kind, other, 4)
