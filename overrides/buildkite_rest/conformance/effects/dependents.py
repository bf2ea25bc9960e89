"""What depends on an object: others that refer to it, its parts and its settings. They survive its changes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen

from ..._base.json_values import as_object, is_array, is_object
from ..identities import is_uuid
from ..objects import PathValues
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .bystanders import check_unchanged, snapshots
from .checks import OTHER_OBJECT
from .expectations import Scenario, holds
from .kinds import Kind
from .pointers import MISSING, resolve
from .values import properties, request_schema

#: Bodies to try until one is accepted: different indexes refer to different other objects.
_ATTEMPTS: Final = 3
#: Parents to try to create an object in.
_PARENTS: Final = 2
#: Index of the first body.
_INDEX: Final = 11
#: Properties of an object that others show.
_NAMES: Final = ("name", "slug", "url")
#: Endings of the names of properties and parameters that refer to an object.
_ENDINGS: Final = ("s", "_id", "_uuid", "_slug")


@frozen
class Dependents:
    """The objects that depend on another one."""

    bench: Bench
    subject: Subject
    others: Sequence[Subject]
    """Objects that refer to it, and its parts."""

    @contextmanager
    def unaffected(self, by: Operation | None) -> Generator[None]:
        """Compare the objects before and after requests for the object that they depend on.

        What an action has switched, such as the processing of webhooks, stays as it is too.
        """
        switches = [*self._switched(by)]
        parts = [each for each in self.others if self.subject.values.items() <= each.values.items()]
        states = snapshots(self.bench, parts if by not in (None, self.subject.kind.update) else ())
        before = [(each, found) for each in self.others if (found := self._references(each)) is not None]
        listed = [each for each, _ in before if self.bench.find(each)[0] is not None]
        try:
            yield
            cause = self.bench.state(self.subject)
            if cause is not None and by is not None:
                for each, references in before:
                    self._check_references(each, references, by, cause)
                    self._check_names(each, by, cause)
                for each in listed:
                    item, page = self.bench.find(each)
                    if page is not None:
                        missing = [f"what refers to an object is not in the list after {by.id}"] if item is None else []
                        self.bench.report(OTHER_OBJECT, missing, page, cause)
                for read, _, state in switches:
                    self._check_setting(read, state, by, cause)
                changes = frozenset[str]().union(*(Scenario.of(each).also for each in self.bench.spec.effects(by)))
                check_unchanged(self.bench, states, cause, by.id, changes)
        finally:
            for _, undo, _ in switches:
                self.bench.send(undo, self.subject.values)

    def _references(self, other: Subject) -> Mapping[str, str] | None:
        """Return the ids in an object by their pointers, or None if it cannot be read."""
        found = self.bench.state(other)
        return None if found is None else dict(_ids(found.body, ""))

    def _check_references(self, other: Subject, before: Mapping[str, str], by: Operation, cause: Response) -> None:
        def rule(found: Response) -> Iterator[str]:
            if not found.ok:
                yield f"what refers to an object gets {found.status} after {by.id}"
            for pointer, value in before.items() if found.ok else ():
                if (new := resolve(pointer, found.body)) is not MISSING and new != value:
                    message = f"{pointer.strip('/')} is {new} instead of {value} after {by.id}"
                    yield f"what refers to an object has changed: {message}"

        if other.kind.get is not None:
            self.bench.check(OTHER_OBJECT, other.kind.get, other.values, rule, cause)

    def _check_names(self, other: Subject, by: Operation, cause: Response) -> None:
        """Check that an object that mentions the changed one has its present name."""
        present = as_object(cause.body)
        prefixes = ("", f"{_noun(self.subject.kind.parameter)}_")  # `pipeline: {id, url}`, or `pipeline_id`

        def rule(found: Response) -> Iterator[str]:
            for node in _objects(found.body) if found.ok else ():
                for prefix in prefixes if found.ok else ():
                    for name in _NAMES if node.get(f"{prefix}id") == id_of(self.subject) else ():
                        shown = node.get(f"{prefix}{name}", present.get(name))
                        if name in present and shown != present[name]:
                            yield f"{prefix}{name} is {shown} instead of {present[name]} after {by.id}"

        if other.kind.get is not None:
            self.bench.check(OTHER_OBJECT, other.kind.get, other.values, rule, cause)

    def _switched(self, by: Operation | None) -> Iterator[tuple[Operation, Operation, Any]]:
        """Send the actions that can be undone, and whose effects only another operation than that of the object shows.

        Yields that operation, the undo and the state that must not change.
        """
        by_id = {each.id: each for each in self.bench.spec.operations}
        values = self.subject.values
        for action in self.subject.kind.actions:
            scenario = next(map(Scenario.of, self.bench.spec.effects(action)))
            read, undo = by_id.get(scenario.read), by_id.get(scenario.undone_by)
            if read is None or undo is None or action.has_body or read.path.endswith("}") or by in (action, undo):
                continue
            is_allowed = self.bench.allows(action, values) and self.bench.allows(undo, values)
            if by is None or not self.bench.wants(by) or not is_allowed:
                continue
            present = self.bench.read(read, values)
            is_sent = present.ok and holds(scenario.when, present.body) and self.bench.send(action, values).ok
            if is_sent:
                yield read, undo, self.bench.read(read, values).body

    def _check_setting(self, read: Operation, before: Any, by: Operation, cause: Response) -> None:
        def rule(found: Response) -> Iterator[str]:
            for name, value in as_object(before).items() if found.ok else ():
                if name != "url" and (new := as_object(found.body).get(name)) != value:
                    yield f"{by.id} has another effect: {name} is {new} instead of {value}"

        self.bench.check(OTHER_OBJECT, read, self.subject.values, rule, cause)


@contextmanager
def dependents(bench: Bench, subject: Subject, parts: Sequence[Subject]) -> Generator[Dependents]:
    """Create an object of each kind that refers to another one, once for each kind, and delete them in the end."""
    kind, made = subject.kind, list[Subject]()
    if kind.path not in bench.referenced and subject.is_own and bench.wants(kind.update, *kind.actions):
        bench.referenced.add(kind.path)
        for other in (below for one in bench.kinds for below in one.with_all_below):
            if other.delete is not None and not other.path.startswith(f"{kind.path}/") and bench.wants(other.get):
                made += islice(referring(bench, subject, other), 1)
    try:
        yield Dependents(bench, subject, [*parts, *made])
    finally:
        for each in made:
            bench.delete(each)


def referring(bench: Bench, subject: Subject, kind: Kind, position: int = 0) -> Iterator[Subject]:
    """Yield new objects of a kind that refer to an object, in the first possible property or in a later one."""
    create = kind.create
    if create is None or not create.body_examples:
        return
    noun = _noun(subject.kind.parameter)
    parents: Sequence[PathValues] = bench.selector.usable(create) if create.parameters else ({},)
    for parent in parents[:_PARENTS]:
        values = {**parent, **{name: subject.values[name] for name in create.parameters if name in subject.values}}
        for example in create.body_examples:
            bodies = (bench.bodies.body(create, example, _INDEX + number, values) for number in range(_ATTEMPTS))
            schema = request_schema(bench.spec, create)
            known, is_single = properties(bench.spec, schema), schema.get("maxProperties") == 1
            wanted = (_with_reference({} if is_single else body, noun, subject, known, position) for body in bodies)
            made = bench.create_first(kind, values, (body for body in wanted if body is not None))
            if made is not None:
                yield evolve(made, values=dict(made.values))
                return


def _with_reference(
    body: Any, noun: str, subject: Subject, known: Mapping[str, Mapping[str, Any]], position: int
) -> dict[str, Any] | None:
    """Return a body of whose references to a kind of objects one is to a certain object, and no other one is."""
    found = 0

    def changed(name: str, node: Any) -> Any:
        nonlocal found
        if is_object(node):
            return {key: changed(key, value) for key, value in node.items()}
        is_list = is_array(node) and all(map(is_uuid, node))
        if not _refers(name, noun) or not (is_list or isinstance(node, str)):
            return node
        found += 1
        if found != position + 1:
            return node
        if is_list:
            return [id_of(subject)]
        if isinstance(node, str):
            return id_of(subject) if is_uuid(node) else str(as_object(subject.body).get("slug"))
        return node

    result = changed("", body)
    optional = [name for name, schema in known.items() if schema.get("format") == "uuid" and _refers(name, noun)]
    if found == position == 0 and optional:
        return {**result, optional[0]: id_of(subject)}
    texts = [*texts_in(result)]
    keys = {id_of(subject), as_object(subject.body).get("slug")}
    return result if found > position and sum(text in keys for text in texts) == 1 else None


def can_refer(bench: Bench, kind: Kind, subject: Subject) -> bool:
    """Return whether a new object of a kind, which is not below another object, can refer to it."""
    if kind.create is None or kind.delete is None or kind.path.startswith(f"{subject.kind.path}/"):
        return False
    noun = _noun(subject.kind.parameter)
    names = {name for example in kind.create.body_examples for name in _names_in(example)}
    known = properties(bench.spec, request_schema(bench.spec, kind.create))
    return any(_refers(name, noun) for name in names.union(known))


def _names_in(node: Any) -> Iterator[str]:
    """Yield the names of all properties in a body."""
    for each in node if is_array(node) else ():
        yield from _names_in(each)
    for name, value in as_object(node).items():
        yield name
        yield from _names_in(value)


def _refers(name: str, noun: str) -> bool:
    stem = _noun(name)
    return stem == noun or stem.endswith(f"_{noun}")


def _noun(name: str) -> str:
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def id_of(subject: Subject) -> str:
    """Return the id by which others refer to an object."""
    body = as_object(subject.body)
    return str(body.get("id", body.get("uuid")))


def texts_in(node: Any) -> Iterator[str]:
    """Yield all texts in a body."""
    if isinstance(node, str):
        yield node
    for each in node.values() if is_object(node) else node if is_array(node) else ():
        yield from texts_in(each)


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    """Yield an object, and all objects in it."""
    if is_object(node):
        yield node
    for each in node.values() if is_object(node) else node if is_array(node) else ():
        yield from _objects(each)


def _ids(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield the ids in an object by their pointers."""
    for name, value in as_object(node).items():
        if isinstance(value, str) and is_uuid(value):
            yield f"{pointer}/{name}", value
        yield from _ids(value, f"{pointer}/{name}")
