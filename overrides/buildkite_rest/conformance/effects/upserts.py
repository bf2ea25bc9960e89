"""Creations that change an object with the same key if there is one, such as the annotation of a context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..loopback import is_local
from ..spec import Operation, Spec
from ..traffic import Response
from .bench import Bench, Subject
from .checks import CONFLICT
from .kinds import is_short
from .values import BodyRules, properties, request_schema, types

#: Index of the names in the bodies.
_INDEX: Final = 13
#: Segments of a path that name an object and its parent.
_ENDING: Final = 4


def check_upserts(bench: Bench, subject: Subject, sibling: Subject | None) -> None:
    """Send the key of an object to its other path, and twice no key if it has a default: each is one object."""
    create = subject.kind.create
    key = None if create is None else key_of_upsert(bench.spec, create)
    if create is None or key is None or not bench.wants(create) or not bench.allows(create, subject.values):
        return
    body = bench.bodies.body(create, create.body_examples[0], _INDEX, subject.values)
    for other in _other_paths(bench, subject):
        response = bench.send(other, subject.values, {**body, key: as_object(subject.body).get(key)})
        _check_same(bench, subject, response, subject.body, f"the {key} of an object makes another one in {other.id}")
    if key in BodyRules.of(request_schema(bench.spec, create)).defaults:
        _check_default_key(bench, subject, sibling, create, {name: body[name] for name in body if name != key})


def _check_default_key(
    bench: Bench, subject: Subject, sibling: Subject | None, create: Operation, body: Mapping[str, Any]
) -> None:
    """Send a body without a key twice, or once if another object of the run has the default key."""
    known = sibling if sibling is not None and sibling.sent.keys() <= body.keys() else None
    made: Subject | None = None
    if known is None and is_local(bench.session.options.base_url):
        # On another machine, the parent may have an object with the default key that is not the run's.
        response = bench.send(create, subject.values, body)
        known = made = bench.created_again(subject, response) if response.ok else None
    if known is not None:
        _check_same(bench, subject, bench.send(create, subject.values, body), known.body, "no key makes two objects")
    if made is not None:
        bench.delete(made)


def switches(spec: Spec, create: Operation) -> Iterator[str]:
    """Yield the booleans in the body of a creation that may change an object: they have no effect on a new one."""
    if key_of_upsert(spec, create) is not None:
        for name, node in properties(spec, request_schema(spec, create)).items():
            if "boolean" in types(node):
                yield name


def _check_same(bench: Bench, subject: Subject, response: Response, known: Any, message: str) -> None:
    """Check that a response has an object that is known already."""
    is_other = response.ok and as_object(response.body).get("id") != as_object(known).get("id")
    bench.report(CONFLICT, [message] if is_other else [], response, response)
    if is_other:
        bench.created_again(subject, response)


def _other_paths(bench: Bench, subject: Subject) -> Iterator[Operation]:
    """Yield the operations that create objects of the same parent with a shorter path."""
    long = subject.kind.path
    for each in bench.spec.operations:
        path = f"{each.path}/{{{subject.kind.parameter}}}"
        is_same = is_short(path, long) and path.split("/")[-_ENDING:] == long.split("/")[-_ENDING:]
        if each.method == "POST" and is_same and bench.wants(each) and bench.allows(each, subject.values):
            yield each


def key_of_upsert(spec: Spec, create: Operation) -> str | None:
    """Return the property by which a creation finds the object that it changes, or None if it always makes one."""
    for node in spec.effects(create):
        for name, value in as_object(node.get("body")).items() if node.get("object") == "created" else ():
            if value == f"$before#/{name}":
                return name
    return None
