"""Reads of the same objects in every way that the API offers, for the rules of agreement to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import define, field

from ..api import Operation, object_path, same_objects
from ..behaviour import Fact, Part
from ..exchange import Exchange, PathValues
from ..executor import DISAGREEMENT, Executor, Finding
from ..objects import identifier_of
from ..rules.examples import unlike_examples
from ..rules.facts import fact_problems, matches
from ..values import MISSING, get, is_uuid, key_of, objects_in

#: Objects that each operation reads, and those to try until one has something in it.
_OBJECTS: Final = 6
_CANDIDATES: Final = 40
#: Times that a property is followed, and objects that a fact is checked for.
_FOLLOWED: Final = 2


def send_reads(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read objects in all ways that there are."""
    reads = _Reads(executor)
    for operation in operations:
        if operation.method == "GET":
            yield operation
            for number, values in enumerate(executor.world.objects(operation)[:_CANDIDATES]):
                exchange = reads.read(operation, values)
                reads.follow(exchange)
                reads.check_facts(exchange)
                if number >= _OBJECTS and (exchange.items or not exchange.is_list):
                    break
            reads.check_examples(operation)


@define
class _Reads:
    executor: Executor
    _followed: Counter[tuple[str, ...]] = field(factory=Counter[tuple[str, ...]])

    def read(self, operation: Operation, values: PathValues, query: Mapping[str, Any] | None = None) -> Exchange:
        """Read an object, or the largest page of a list, in the form with the most properties."""
        page = {"per_page": 100} if "per_page" in operation.query else {}
        parts = {name: each.behaviour.includes for name, each in operation.headers.items()}
        headers = {name: each.since for name, each in parts.items() if isinstance(each, Part) and each.since}
        return self.executor.read(operation, values, {**page, **(query or {})}, headers)

    def follow(self, exchange: Exchange) -> None:
        """Read what an exchange mentions, which must exist."""
        for place, operation, values, mention in self._mentioned(exchange) if exchange.ok else ():
            key = (exchange.operation.id, operation.id, place)
            if self._followed[key] < _FOLLOWED:
                self._followed[key] += 1
                self.executor.check(partial(self._absent, exchange, place, operation, values, mention))

    def _absent(
        self, exchange: Exchange, place: str, operation: Operation, values: PathValues, mention: Mapping[str, Any]
    ) -> Iterator[Finding]:
        found = self.read(operation, values)
        known = {name: value for name, value in operation.behaviour.exists_when.items() if name in mention}
        if found.status == 404 and matches(mention, known):
            shown = found if place == "/*" else exchange
            message = f"{place.strip('/*')} leads to {operation.id}, which returns 404"
            yield Finding(DISAGREEMENT, message, shown, [each for each in (exchange, found) if each is not shown])

    def check_facts(self, exchange: Exchange) -> None:
        """Check what the behaviour says about an operation and others."""
        for fact in exchange.operation.behaviour.facts if exchange.ok else ():
            self.executor.check(lambda fact=fact: self._fact_findings(exchange, fact))

    def _fact_findings(self, exchange: Exchange, fact: Fact) -> Iterator[Finding]:
        request, operation = exchange.request, self.executor.api.by_id[fact.operation]
        latest = self.executor.read(request.operation, request.values, request.query, request.headers)
        for own in [each for each in latest.objects if matches(each, fact.when)][:_OBJECTS]:
            values = {**own, **latest.values, **{name: get(pointer, own) for name, pointer in fact.path.items()}}
            if set(operation.parameters) <= values.keys() and MISSING not in values.values():
                other = self.read(operation, values, fact.query)
                for message in fact_problems(fact, own, other) if other.ok else ():
                    yield Finding(DISAGREEMENT, message, latest, [other])

    def check_examples(self, operation: Operation) -> None:
        """Compare all objects that an operation has returned with its examples."""
        exchanges = [
            each
            for each in self.executor.journal.of(operation.id)
            if each.ok and not each.request.query.keys() - {"per_page"}
        ]
        objects = {key_of(item): item for each in exchanges for item in each.objects}
        for message in unlike_examples(self.executor.api, operation, list(objects.values())):
            self.executor.report(Finding(DISAGREEMENT, message, exchanges[-1]))

    def _mentioned(self, exchange: Exchange) -> Iterator[tuple[str, Operation, PathValues, Mapping[str, Any]]]:
        """Yield where objects are mentioned, and how to read them."""
        api, operation = self.executor.api, exchange.operation
        for kind in api.kinds:
            if kind.list is operation and kind.get is not None:
                for item in exchange.objects:
                    if (key := identifier_of(kind.parameter, item)) is not None:
                        yield "/*", kind.get, {**exchange.values, kind.parameter: key}, item
        for other in api.operations:
            is_same = same_objects(object_path(other.path), object_path(operation.path))
            if other.method == "GET" and is_same and other.path.rpartition("}")[2] == operation.path.rpartition("}")[2]:
                yield "", other, exchange.values, exchange.object
        for pointer, value in objects_in(exchange.body):
            own = self._target(value.get("url"))
            known = {**value, **(own[1] if own else {}), **exchange.values}
            for name, mentioned in value.items():
                if name.endswith("url") and (target := self._target(mentioned)):
                    yield f"{pointer}/{name}", *target, value
                elif is_uuid(mentioned) and (found := self._referred(name, known)):
                    yield f"{pointer}/{name}", found, {**known, found.parameters[-1]: mentioned}, value
                elif not pointer and (below := api.at("GET", f"{operation.path}/{name}")):
                    yield f"/{name}", below, exchange.values, value

    def _target(self, url: object) -> tuple[Operation, PathValues] | None:
        """Return how to read a URL of the API."""
        base = self.executor.session.options.base_url
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
                    if last.rpartition("_")[0] == stem and all(each in known for each in parents):
                        return operation
            stem = stem.partition("_")[2]
        return None
