"""Reads of the same objects in every way that the API offers, for the rules of agreement to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import define, field, frozen

from ..api import Operation, object_path, same_objects
from ..behaviour import Fact, Part
from ..exchange import Exchange, PathValues
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..rules.agreement import CHECK, Disagreement, Index, fact_problems
from ..values import get, holds, identity, is_empty, is_uuid, leaves, objects_in

#: Objects that each operation reads, and those to try until one has something in it.
_OBJECTS: Final = 6
_CANDIDATES: Final = 40
#: Objects that are followed from each place, or items of lists in each state, and items of the lists of an operation.
_FOLLOWED: Final = 3
_ITEMS: Final = 40
_ITEM: Final = "/*"
_NOT_FOUND: Final = 404
#: Objects in each place whose properties are followed.
_NODES: Final = 40


def send_reads(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read objects in all ways that there are."""
    reads = _Reads(executor, Index(executor.api))
    for operation in operations:
        if operation.method == "GET":
            yield operation
            for number, values in enumerate(executor.world.objects(operation)[:_CANDIDATES]):
                exchange = reads.read(operation, values)
                reads.follow(exchange)
                reads.check_facts(exchange)
                if number >= _OBJECTS and (exchange.items or not exchange.is_list):
                    break
    reads.report_disagreements()


@frozen
class _Mention:
    """An object in a response, and how it is read."""

    place: str
    operation: Operation
    values: PathValues
    object: Mapping[str, Any]
    """What the response shows of it."""
    may_be_deleted: bool = False


@define
class _Reads:
    """Reads, and checks of what they show."""

    executor: Executor
    index: Index
    _disagreements: dict[tuple[str, str, str], Disagreement] = field(factory=dict[tuple[str, str, str], Disagreement])
    """One of each kind."""
    _added: set[int] = field(factory=set[int])
    """Numbers of the exchanges in the index."""
    _followed: Counter[tuple[str, ...]] = field(factory=Counter[tuple[str, ...]])

    def read(self, operation: Operation, values: PathValues, query: Mapping[str, Any] | None = None) -> Exchange:
        """Read an object, or the largest page of a list, in the form with the most properties."""
        parts = {name: each.behaviour.includes for name, each in operation.headers.items()}
        headers = {name: each.since for name, each in parts.items() if isinstance(each, Part) and each.since}
        exchange = self.executor.read(operation, values, {**operation.largest_page, **(query or {})}, headers)
        if exchange.number not in self._added:
            self._added.add(exchange.number)
            for each in self.index.add(exchange):
                self._disagreements.setdefault(each.kind, each)
        return exchange

    def report_disagreements(self) -> None:
        """Report the disagreements that are still there when both reads are sent again."""
        lists = {each.kind: each for each in self.index.list_disagreements()}
        for each in [*self._disagreements.values(), *lists.values()]:
            if self._is_lasting(each):
                culprit = self.index.culprit(each)
                other = each.one if culprit is each.other else each.other
                if not self.executor.wants(culprit.operation):
                    culprit, other = other, culprit
                self.executor.report(Finding(CHECK, each.message(culprit), culprit, [other]))

    def _is_lasting(self, found: Disagreement) -> bool:
        """Return whether two reads disagree when they are sent again, in either order, and nothing moves meanwhile."""
        one, other, another = (self.executor.send(each.request) for each in (found.one, found.other, found.one))
        if self.index.values(one, found) != self.index.values(another, found):
            return False
        for pair in ((one, other), (other, another)):
            index = Index(self.executor.api)
            known = [*(each for read in pair for each in index.add(read)), *index.list_disagreements()]
            if (found.key, found.name) not in {(each.key, each.name) for each in known}:
                return False
        return True

    def follow(self, exchange: Exchange) -> None:
        """Read what an exchange mentions, which must exist."""
        for each in self._mentions(exchange) if exchange.ok else ():
            kind = (exchange.operation.id, each.operation.id, each.place)
            form = str({pointer for pointer, value in leaves(each.object) if not is_empty(value)}) + _state_of(
                each.object
            )
            key = (*kind, form) if each.place == _ITEM else kind
            if self._followed[key] < _FOLLOWED and self._followed[kind] < _ITEMS:
                self._followed.update({key, kind})
                self.executor.check(partial(self._absent, exchange, each))
                if each.place == _ITEM:
                    self.check_facts(self.read(each.operation, each.values))

    def check_facts(self, exchange: Exchange) -> None:
        """Check what the behaviour says about an operation and others."""
        for fact in exchange.operation.behaviour.facts if exchange.ok else ():
            self.executor.check(partial(self._fact_findings, exchange, fact))

    def _absent(self, exchange: Exchange, mention: _Mention) -> Iterator[Finding]:
        found = self.read(mention.operation, mention.values)
        if found.status != _NOT_FOUND:
            return
        request, keys = exchange.request, mention.operation.parameters[-1:]
        latest = self.executor.read(request.operation, request.values, request.query, request.headers)
        # Somebody else may have deleted the object.
        is_current = latest.ok and all(str(mention.values[key]) in f"{latest.path} {latest.text}" for key in keys)
        is_optional = mention.operation.behaviour.optional
        may_be_absent = mention.may_be_deleted or is_optional or _is_gone(mention.operation, mention.object)
        if is_current and not may_be_absent:
            is_read = any(each.ok for each in self.executor.journal.of(mention.operation.id))
            shown, other = (found, latest) if mention.place == _ITEM and is_read else (latest, found)
            what = mention.place.strip("/*") or "an object"
            yield Finding(CHECK, f"{what} leads to {mention.operation.id}, which returns 404", shown, [other])

    def _fact_findings(self, exchange: Exchange, fact: Fact) -> Iterator[Finding]:
        request, operation = exchange.request, self.executor.api.by_id[fact.operation]
        latest = self.executor.read(request.operation, request.values, request.query, request.headers)
        for own in [each for each in latest.objects if holds(fact.when, each)][:_OBJECTS]:
            path = {name: get(pointer, own) for name, pointer in fact.path.items()}
            values = {**own, **latest.values, **{name: value for name, value in path.items() if is_uuid(value)}}
            if values.keys() >= set(operation.parameters):
                other = self.read(operation, values, fact.query)
                for message in fact_problems(fact, own, other) if other.ok else ():
                    yield Finding(CHECK, message, latest, [other])

    def _mentions(self, exchange: Exchange) -> Iterator[_Mention]:
        """Yield the objects in a response, and other ways to read the same."""
        api, operation = self.executor.api, exchange.operation
        reading = next((kind.get for kind in api.kinds if kind.list is operation), None)
        for item in exchange.objects:
            name = "" if reading is None else reading.parameters[-1]
            if reading is not None and (key := identifier_of(name, item)) is not None:
                yield _Mention(_ITEM, reading, {**exchange.values, name: key}, item)
        end = operation.path.rpartition("}")[2]
        for other in api.operations:
            is_short = same_objects(object_path(other.path), object_path(operation.path))
            if other.method == "GET" and is_short and other.path.rpartition("}")[2] == end:
                yield _Mention("", other, exchange.values, exchange.object)
        for below in api.operations:
            parent, _, name = below.path.rpartition("/")
            if parent == operation.path and below.method == "GET" and not below.path.endswith("}"):
                needs_query = any(each.is_required for each in below.query.values())
                if name in exchange.object or (self.executor.api.is_list(below) and not needs_query):
                    yield _Mention(f"/{name}", below, exchange.values, exchange.object)
        for pointer, value in objects_in(exchange.body):
            self._followed[operation.id, pointer] += 1
            if self._followed[operation.id, pointer] <= _NODES:
                yield from self._mentions_in(pointer, value, exchange.values)

    def _mentions_in(self, pointer: str, value: Mapping[str, Any], values: PathValues) -> Iterator[_Mention]:
        """Yield what the properties of an object lead to, and the object itself if it has no URL."""
        own = self._target(value.get("url"))
        known = {**value, **(own[1] if own else {}), **values}
        is_gone = own is not None and _is_gone(own[0], value)
        for name, mentioned in value.items():
            if name.endswith("url") and (target := self._target(mentioned)):
                yield _Mention(f"{pointer}/{name}", *target, value, is_gone)
            elif is_uuid(mentioned) and (found := self._referred(name, known)):
                yield _Mention(f"{pointer}/{name}", found, {**known, found.parameters[-1]: mentioned}, value, is_gone)
        kind = "user" if "avatar_url" in value else str(value.get("type", pointer.rpartition("/")[2])).lower()
        if own is None and pointer.strip("/*") and (found := self._referred(f"{kind}_id", known)):
            yield _Mention(pointer, found, {**known, found.parameters[-1]: identity(value)}, value, may_be_deleted=True)

    def _target(self, url: object) -> tuple[Operation, PathValues] | None:
        """Return how to read a URL of the API."""
        base = self.executor.options.base_url
        if not isinstance(url, str) or not url.startswith(base):
            return None
        return self.executor.api.find("GET", url.removeprefix(base).partition("?")[0])

    def _referred(self, name: str, known: Mapping[str, Any]) -> Operation | None:
        """Return the operation that reads the object of a property such as `cluster_id`, if its parents are known."""
        stem = name.rpartition("_")[0]
        while stem:
            for operation in self.executor.api.operations:
                if operation.method == "GET" and operation.path.endswith("}"):
                    *parents, last = operation.parameters
                    if last in {f"{stem}_id", f"{stem}_uuid"} and all(each in known for each in parents):
                        return operation
            stem = stem.partition("_")[2]
        return None


def _state_of(value: Mapping[str, Any]) -> str:
    """Return the properties of an object with few values, as text."""
    return str({name: each for name, each in value.items() if isinstance(each, bool) or name.endswith("state")})


def _is_gone(reading: Operation, shown: Mapping[str, Any]) -> bool:
    """Return whether an object is in a state in which its operation finds nothing, as what it refers to may be."""
    wanted = {name: each for name, each in reading.behaviour.exists_when.items() if name in shown}
    return not holds(wanted, shown)
