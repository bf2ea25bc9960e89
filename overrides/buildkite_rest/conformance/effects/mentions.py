"""Checks of the parent of an object: an array in it has the new or changed object, and no longer the deleted one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object, is_array
from ..loopback import is_local
from ..objects import identifier_of
from ..page_items import items_of
from ..spec import Operation, object_path
from ..traffic import Response
from ..urls import url_parts
from .bench import Bench, Subject
from .bodies import values_of
from .checks import DELETED, EFFECT, LIST
from .embedded import embedded_values
from .expectations import Exchange, problems
from .kinds import Kind
from .values import properties

#: End of the names of numbers of objects.
_COUNT: Final = "_count"
#: Times to compare, and the seconds between them.
_ATTEMPTS: Final = 3
_PAUSE: Final = 0.2
#: Items of a page.
_PAGE: Final = 100


def check_mentioned(bench: Bench, subject: Subject) -> None:
    """Check that the parent of a new object has it in the property with the name of the list."""
    parent, cause = _parent(bench, subject), subject.created
    name = _collection(subject)
    if parent is None or cause is None or name not in properties(bench.spec, bench.spec.response_schema(parent)):
        return

    def rule(found: Response) -> Iterator[str]:
        if found.ok and name in as_object(found.body) and not _contains(found.body[name], subject):
            yield f"{name} of {parent.id} does not contain the new object"

    bench.check(LIST, parent, subject.values, rule, cause)
    listing = bench.spec.find("GET", parent.path.rpartition("/")[0])
    if listing is None or not set(listing.parameters) <= subject.values.keys():
        return
    key = subject.values[parent.parameters[-1]]
    query = {"per_page": _PAGE} if "per_page" in listing.query else {}
    page = bench.session.read(listing, values_of(listing, subject.values), query=query)
    item = next((each for each in items_of(page.body) or () if as_object(each).get("id") == key), None)
    if name in as_object(item) and not _contains(as_object(item)[name], subject):
        bench.report(LIST, [f"{name} in the list of {listing.id} does not contain the new object"], page, cause)


def check_listed_parent(bench: Bench, subject: Subject) -> None:
    """Check that the numbers of the parent of a new object, such as that of its builds, are the same in its list.

    They change without a request, too, so this is only checked on this machine.
    """
    parent, cause = _parent(bench, subject), subject.created
    listing = None if parent is None else bench.spec.find("GET", parent.path.rpartition("/")[0])
    if parent is None or cause is None or listing is None or not is_local(bench.session.options.base_url):
        return
    kind = Kind(parent.path, None, listing, parent, None, None, (), ())
    found = Subject(kind, {name: subject.values[name] for name in parent.parameters}, None)

    def rule(item: object, body: object) -> Iterator[str]:
        for name, number in as_object(body).items():
            listed = as_object(item).get(name)
            if name.endswith(_COUNT) and listed is not None and listed != number:
                yield f"{name} is {number} in {parent.id}, but {listed} in the list after {cause.operation.id}"

    for attempt in range(_ATTEMPTS):
        item, page = bench.find(found)
        messages = [*rule(item, bench.read(parent, found.values).body)]
        if page is None or not messages:
            return
        if attempt == _ATTEMPTS - 1:
            bench.report(LIST, messages, page, cause)
        time.sleep(_PAUSE)
        bench.session.forget()


def check_new_object(bench: Bench, original: Subject, cause: Response) -> None:
    """Check that an object that an action has created is in the list of its kind and in its parent."""
    path = url_parts(str(as_object(cause.body).get("url"))).path
    key = identifier_of(original.kind.parameter, cause.body)
    if key is None:
        return
    values = {**original.values, original.kind.parameter: key}
    if original.kind.get is not None and original.kind.get.matches(path):
        values |= bench.spec.values(original.kind.get, path)
    new = evolve(original, values=values, body=cause.body, created=cause)
    check_mentioned(bench, new)
    item, page = bench.find(new)
    if page is not None:
        messages = ["the new object is not in the list"] if item is None else []
        bench.report(LIST, messages, page, cause)


def check_part(
    bench: Bench, subject: Subject, expected: Mapping[str, Any], exchange: Exchange, cause: Response
) -> None:
    """Check that the part of the parent that is the object has the effects of a request too."""
    parent = bench.spec.find("GET", _parent_path(subject))
    name = _collection(subject)
    if parent is None or name not in properties(bench.spec, bench.spec.response_schema(parent)):
        return
    values = {**embedded_values(bench.spec, parent, exchange.before), **subject.values}
    if not set(parent.parameters) <= values.keys():
        return

    def rule(found: Response) -> Iterator[str]:
        parts = as_object(found.body).get(name)
        for part in parts if is_array(parts) else ():
            if as_object(part).get("id") == subject.values[subject.kind.parameter]:
                yield from (f"in {name} of {parent.id}: {each}" for each in problems(expected, part, exchange))

    bench.check(EFFECT, parent, values, rule, cause)


def _parent_path(subject: Subject) -> str:
    return object_path(subject.kind.path.rpartition("/")[0].rpartition("/")[0])


def _collection(subject: Subject) -> str:
    """Return the last part of the path of the list of an object."""
    return subject.kind.path.rpartition("/")[0].rpartition("/")[2]


def _parent(bench: Bench, subject: Subject) -> Operation | None:
    """Return the operation that reads the parent of an object."""
    parent = bench.spec.find("GET", _parent_path(subject))
    return parent if parent is not None and set(parent.parameters) <= subject.values.keys() else None


def mentioned_by(bench: Bench, subject: Subject) -> list[Operation]:
    """Return the operation that reads the parent of an object, if an array in what it returns has the object."""
    parent = _parent(bench, subject)
    return [parent] if parent is not None and _contains(bench.read(parent, subject.values).body, subject) else []


def _contains(node: Any, subject: Subject) -> bool:
    """Return whether an array in a body has an object with the id of another."""
    key = subject.values[subject.kind.parameter]
    if is_array(node):
        return any(as_object(each).get("id") == key or _contains(each, subject) for each in node)
    return any(_contains(each, subject) for each in as_object(node).values())


def check_unmentioned(bench: Bench, subject: Subject, parents: Sequence[Operation], cause: Response) -> None:
    """Check that no array of the parent of a deleted object has it any more."""

    def rule(found: Response) -> Iterator[str]:
        if found.ok and _contains(found.body, subject):
            yield f"what {found.operation.id} returns still contains the deleted object"

    for operation in parents:
        bench.check(DELETED, operation, subject.values, rule, cause)
