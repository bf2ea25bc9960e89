"""The phase *agreement*: responses of different operations about the same object agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from time import sleep
from typing import Any, Final

from attrs import define, evolve, field

from ..._base.json_values import as_object, is_array, is_object
from ..agreement.absence import may_be_absent
from ..agreement.differences import (
    BLANK,
    blank_properties,
    contained_difference,
    difference,
    key_of,
    mention_difference,
    nested_difference,
)
from ..agreement.example_pairs import same_pairs
from ..agreement.examples import times_unlike_examples, unlike_examples
from ..agreement.exchanged_urls import exchanged_urls
from ..agreement.facts import FACTS
from ..agreement.owners import without_unknown_owners
from ..agreement.parties import kind_of, party
from ..agreement.reading import Comparison
from ..agreement.relations import Get, Relations, items_inside
from ..agreement.repeated_words import repeated_words
from ..invariants.nodes import Node, is_identifier, nodes
from ..invariants.numbers import shows_sizes
from ..json_pointers import resolve_pointer
from ..loopback import is_local
from ..objects import KnownObject, ObjectSelector, PathValues, interleaved_by_kind, object_from_item
from ..page_items import items_of
from ..pages import links_of, query_of
from ..spec import Operation, Spec, object_path
from ..traffic import Response, Session

CHECK: Final = "responses_disagree"
_CODE: Final = "BK301"
#: Objects that each operation is called on.
_OBJECTS: Final = 6
#: Objects to try until the response has an item.
_CANDIDATES: Final = 40
#: Items of a list to read, and smaller lists to compare with it.
_ITEMS: Final = 4
_LISTS: Final = 2
#: Further items of the lists of an operation to read if a property is null in all items.
_FURTHER: Final = 24
#: URLs and ids of a property to follow.
_FOLLOWED: Final = 2
#: Users of a property to compare with the members of the organization.
_USERS: Final = 4
#: Objects in a body whose URLs are followed.
_NODES: Final = 60
#: Items of a page that is compared with another list.
_PAGE: Final = 100
#: Attempts to find responses that agree, because an object may change between two requests.
_ATTEMPTS: Final = 3
#: Seconds between them, for a server that is not on this machine.
_PAUSE: Final = 1.0

Compare = Callable[[Any, Any], str | None]
"""Returns the difference of two bodies."""


def check_agreement(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read objects in all ways that there are, and compare. Yields each operation before its requests are sent."""
    phase = _Agreement(session, selector, Relations(selector.spec, session.options.base_url))
    nothing: Sequence[PathValues] = [{}]
    for operation in operations:
        if operation.method == "GET":
            yield operation
            candidates = selector.usable(operation)[:_CANDIDATES] if operation.parameters else nothing
            if not candidates:
                session.skip(CHECK, operation, "there is no object to read")
            for number, values in enumerate(candidates):
                # Many a list is empty, such as the artifacts of a job, and many a text has one byte per character.
                has_items = phase.check(Get(operation, values))
                if number >= _OBJECTS and has_items:
                    break
            phase.check_examples(operation)


@define
class _Agreement:
    session: Session
    selector: ObjectSelector
    relations: Relations
    _further: dict[str, int] = field(factory=dict[str, int])
    _followed: dict[tuple[str, str, str], int] = field(factory=dict[tuple[str, str, str], int])
    _seen: dict[str, Any] = field(factory=dict[str, Any])
    """The objects that the operation has returned, by what identifies them."""
    _read: list[Get] = field(factory=list[Get])
    """The requests that have returned them."""
    _last: Response | None = None

    def check_examples(self, operation: Operation) -> None:
        """Compare all objects that an operation has returned with its examples."""
        if self._last is not None and self.is_local:
            if any(True for _ in self._unlike_examples(operation)):
                self._read_older(operation)
            for message in self._unlike_examples(operation):
                self.session.record_failure(CHECK, _CODE, message, self._last)
        self._seen, self._read, self._last = {}, [], None

    def _unlike_examples(self, operation: Operation) -> Iterator[str]:
        """Yield what is wrong with the objects that the operation has returned so far."""
        objects = without_unknown_owners(self, self._read, list(self._seen.values()))
        for rule in (unlike_examples, times_unlike_examples, same_pairs, repeated_words, exchanged_urls):
            yield from rule(self.selector.spec, operation, objects)

    def _read_older(self, operation: Operation) -> None:
        """Read objects of other ages and states, because the newest ones may be alike."""
        spec, path = self.selector.spec, operation.path
        listing = spec.find("GET", path.rpartition("/")[0]) if path.endswith("}") else operation
        if listing is None or not set(listing.parameters) <= set(operation.parameters):
            return
        blank = blank_properties(list(self._seen.values()))
        parents: list[PathValues] = []
        for get in self._read:
            parent: PathValues = {name: get.values[name] for name in listing.parameters}
            parents += [] if parent in parents else [parent]
        found: list[KnownObject] = []
        for parent in parents[:_OBJECTS]:
            items = self._ends(Get(listing, parent))
            if listing is operation:
                self._add(items)
            # Those with a value in the list first.
            items.sort(key=lambda item: all(as_object(item).get(name) in BLANK for name in blank))
            found += filter(None, (object_from_item(path, parent, item) for item in items))
        for each in interleaved_by_kind(found, _FURTHER)[:_FURTHER] if listing is not operation else ():
            response = self.get(Get(operation, {name: each.values[name] for name in operation.parameters}))
            self._add([response.body] if response.ok else [])

    def _ends(self, get: Get) -> list[Any]:
        """Return the items of the first and the last page of a list, or of its first two pages if it has cursors."""
        first = self.get(self._whole_page(get))
        links = links_of(first)
        url = links.get("last", links.get("next"))
        pages = [first] if url is None else [first, self.get(evolve(get, query=query_of(url)))]
        return [item for page in pages if page.ok for item in items_of(page.body) or ()]

    def _add(self, objects: Sequence[Any]) -> None:
        """Add objects that the operation has returned."""
        self._seen |= {key_of(each) or repr(each): each for each in objects}

    def check(self, get: Get) -> bool:
        """Compare a response with others. Returns whether it has something to compare: an item, or a text of bytes."""
        response = self.get(get)
        if not response.ok:
            if response.status == 404 and self.is_local:
                self._settle(lambda: self._found(get))
            return False
        items = items_of(response.body)
        self._add([response.body] if items is None else items)
        self._read.append(get)
        self._last = response
        if items is not None:
            self._check_items(get, items)
            self._check_smaller_lists(get, items)
        elif is_object(response.body):
            for other in self.relations.nested(get, response.body):
                name = other.operation.path.rpartition("/")[2]
                self._compare(get, self._whole_page(other), _nested(name))
        for other in self.relations.shorter(get):
            self._compare(get, other, difference)
        self._check_mentions(get, response.body)
        for item in [response.body] if items is None else items[:_LISTS]:
            for name, other, pointer in self.relations.equals(get, item):
                self._compare(get, other, _equal(key_of(item), name, pointer))
        for fact in FACTS.get(get.operation.id, ()):
            self._settle(lambda fact=fact: fact(self, get))  # type: ignore[misc]
        return bool(items) or (items is None and shows_sizes(as_object(response.body)))

    def _found(self, get: Get) -> Comparison:
        """Check that an object in a list can be read, and that the lists of an object that can be read exist."""
        path, spec = get.operation.path, self.selector.spec
        response, above = self.get(get), spec.find("GET", object_path(path))
        is_list = spec.response_schema(get.operation).get("type") == "array"
        if response.status != 404 or above is None or not (is_list or above is get.operation):
            return None, (response,)
        if spec.is_optional(get.operation) and not any(self.get(each).ok for each in self._alike(get)):
            return None, (response,)
        parent = response if above is get.operation else self.get(Get(above, get.values))
        message = f"{get.operation.id} returns 404 for an object that exists"
        return (message if parent.ok or above is get.operation else None), (response, parent)

    def _alike(self, get: Get) -> Iterator[Get]:
        """Yield the requests of an operation for objects of the same organization."""
        usable = (
            values for values in self.selector.usable(get.operation) if values.get("org") == get.values.get("org")
        )
        return (Get(get.operation, values) for values in islice(usable, _OBJECTS))

    def get(self, get: Get) -> Response:
        """Return the response to a request."""
        if get.accept is not None:
            return self.session.send(get.operation, get.values, headers={"Accept": get.accept})
        send = self.session.send if get.again else self.session.read
        return send(get.operation, get.values, query=get.query or None, headers=get.headers or None)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return is_local(self.session.options.base_url)

    def other(self, operation_id: str, get: Get, query: Mapping[str, Any] | None = None) -> Response | None:
        """Return the response of another operation on the same object, or None if the spec does not have it."""
        for operation in self.selector.spec.operations:
            if operation.id == operation_id and set(operation.parameters) <= get.values.keys():
                headers = self.selector.spec.version_headers(operation)
                return self.get(Get(operation, get.values, query or {}, headers))
        return None

    def _check_items(self, get: Get, items: Sequence[Any]) -> None:
        """Compare items of a list, of different kinds, with the objects that are read."""
        targets: dict[str, Get] = {}
        found: list[KnownObject] = []
        for item in items:
            key, target = key_of(item), self.relations.item(get, item)
            if key is not None and target is not None:
                targets[key] = target
                kind = object_from_item("{id}", {}, item)
                found.append(KnownObject("", {"key": key}, () if kind is None else kind.kind))
        for number, each in enumerate(interleaved_by_kind(found, len(found))):
            if number >= _ITEMS and not self._reads_further(get, items):
                return
            key = str(each.values["key"])
            self._compare(get, targets[key], _item(key))

    def _reads_further(self, get: Get, items: Sequence[Any]) -> bool:
        """Return whether to compare another item, because the list never shows a value of some property."""
        left = self._further.get(get.operation.id, _FURTHER)
        self._further[get.operation.id] = left - 1
        return left > 0 and bool(blank_properties(items))

    def _check_smaller_lists(self, get: Get, items: Sequence[Any]) -> None:
        """Check that items are also in the lists of smaller parents."""
        for operation in self.relations.narrower(get.operation):
            parents: list[PathValues] = []
            for item in items:
                known = self.relations.parents(item, get)
                if all(is_identifier(known.get(name)) for name in operation.parameters):
                    parent: PathValues = {name: known[name] for name in operation.parameters}
                    parents += [] if parent in parents else [parent]
            for parent in parents[:_LISTS]:
                self._compare(get, self._whole_page(Get(operation, parent)), self._contained(get, parent))

    def _contained(self, get: Get, parent: PathValues) -> Compare:
        def belongs(item: Any) -> bool:
            known = self.relations.parents(item, get)
            return all(str(known.get(name)) == str(value) for name, value in parent.items())

        def compare(one: Any, other: Any) -> str | None:
            own = [item for item in items_of(one) or () if belongs(item)]
            return contained_difference(own, items_of(other) or (), _PAGE)

        return compare

    def _check_mentions(self, get: Get, body: Any) -> None:
        """Follow URLs and ids to the objects that they mention."""
        for count, node in enumerate(nodes(body)):
            if count == _NODES:
                return
            known = self.relations.parents(node.value, get)
            if (user := self._user(node, known)) is not None:
                self._settle(lambda node=node, user=user: self._member(get, node, user))  # type: ignore[misc]
            key = (get.operation.id, node.name, kind_of(node) or "")
            if self.is_local and key[-1] and self._followed.get(key, 0) < _USERS:
                self._followed[key] = self._followed.get(key, 0) + 1
                self._settle(lambda node=node: party(self, self.relations, get, node))  # type: ignore[misc]
            kind = _kind_inside(node)
            for name, value in node.value.items():
                key = (get.operation.id, node.name, f"{name}{kind if name == 'url' else ''}")
                if self._followed.get(key, 0) == _FOLLOWED or (target := self._mentioned(name, value, known)) is None:
                    continue
                self._followed[key] = self._followed.get(key, 0) + 1
                self._settle(lambda node=node, name=name, target=target: self._mention(get, node, name, target))  # type: ignore[misc]

    def _user(self, node: Node, known: PathValues) -> Get | None:
        """Return the request for the member of the organization that a part of an object is."""
        key = ("user", node.name, "id")
        if "avatar_url" not in node.value or node.parent is None or self._followed.get(key, 0) >= _USERS:
            return None
        target = self.relations.referred("user_uuid", str(node.value.get("id")), known)
        self._followed[key] = self._followed.get(key, 0) + (target is not None)
        return target

    def _member(self, get: Get, node: Node, target: Get) -> Comparison:
        """Check that a user inside of an object is the member with the same id. Users may have left."""
        source, found = self.get(get), self.get(target)
        current = self.other("getUser", get)
        others = [found] if current is None else [found, current]
        for other in others:
            body = as_object(other.body if other.ok else None)
            if body.get("id") == node.value.get("id") and (message := mention_difference(node.value, body)) is not None:
                return f"{get.operation.id}: {node.path} differs from {other.operation.id}: {message}", (source, other)
        return None, (source, *others)

    def _mentioned(self, name: str, value: Any, known: PathValues) -> Get | None:
        """Return the request for what a property mentions."""
        if name == "url" or name.endswith("_url"):
            return self.relations.target(value)
        if name.endswith("_ids") and is_array(value) and value:
            return self._mentioned(name.removesuffix("s"), value[0], known)
        is_reference = name.endswith(("_id", "_uuid", "_slug"))
        return self.relations.referred(name, value, known) if is_reference and is_identifier(value) else None

    def _mention(self, get: Get, node: Node, name: str, target: Get) -> Comparison:
        """Check that a URL or id leads to an object, and that it is the one mentioned."""
        source, found = self.get(get), self.get(target)
        message = None
        current = as_object(next((each.value for each in nodes(source.body) if each.path == node.path), None))
        if current.get(name) != node.value[name]:
            return None, (source, found)  # the object has changed meanwhile
        if found.status == 404:
            is_optional = may_be_absent(self.selector.spec, current, target.operation)
            message = None if is_optional else "it returns 404"
        elif found.ok and is_object(found.body) and target.operation.path.endswith("}"):
            stem = None if name == "url" else name.rpartition("_")[0]
            message = mention_difference(current, found.body, stem)
            pages = ("web_url",) if name == "url" and self.is_local else ()
            message = message or difference({each: current[each] for each in pages if each in current}, found.body)
        label = f"{get.operation.id}: {node.label(name)} leads to {target.operation.id}"
        return None if message is None else f"{label}: {message}", (source, found)

    def _whole_page(self, get: Get) -> Get:
        return evolve(get, query={"per_page": _PAGE}) if "per_page" in get.operation.query else get

    def _compare(self, get: Get, other: Get, compare: Compare) -> None:
        """Compare the bodies of two responses, in the form with the most properties that both have."""
        own, others = (self.selector.spec.version_headers(each.operation) for each in (get, other))
        shared = {name: value for name, value in own.items() if others.get(name) == value}

        def both() -> Comparison:
            one, two = (self.get(evolve(each, headers=shared)) for each in (get, other))
            message = compare(one.body, two.body) if one.ok and two.ok else None
            if message is not None:  # unless the object changes meanwhile, as that of a build that runs
                later = self.get(evolve(get, headers=shared, again=True))
                is_same = later.ok and compare(later.body, two.body) == message
                if not is_same or (is_object(one.body) and later.body != one.body):
                    return None, (one, two)
            label = f"{get.operation.id} differs from {other.operation.id}"
            return None if message is None else f"{label}: {message}", (one, two)

        self._settle(both)

    def _settle(self, compare: Callable[[], Comparison]) -> None:
        """Report a problem that remains when the responses are read again."""
        self.session.count(CHECK)
        message, responses = compare()
        for _ in range(_ATTEMPTS - 1):
            if message is None:
                return
            sleep(0 if self.is_local else _PAUSE)
            self.session.forget()
            message, responses = compare()
        if message is not None:
            # Which of the responses is wrong cannot be known.
            for response in {each.operation.id: each for each in responses}.values():
                others = [each for each in responses if each is not response]
                self.session.record_failure(CHECK, _CODE, message, response, others)


def check_against_lists(session: Session, spec: Spec, response: Response, earlier: Sequence[Response]) -> None:
    """Compare an object with the items of lists that were read before. Reads both again only if they differ.

    Raises:
        BudgetSpentError: The budget does not allow to read them again.
    """
    if not response.ok or not response.operation.path.endswith("}"):
        return
    relations = Relations(spec, session.options.base_url)
    key = key_of(response.body)
    for other in earlier:
        listing = Get(other.operation, other.values)
        if key is None or not other.ok or key not in map(key_of, items_of(other.body) or ()):
            continue
        item = next(item for item in items_of(other.body) or () if key_of(item) == key)
        if (target := relations.item(listing, item)) is None or target.operation != response.operation:
            continue
        session.count(CHECK)
        compare = _item(key)
        if compare(other.body, response.body) is not None:
            sleep(0 if is_local(session.options.base_url) else _PAUSE)
            one, two = session.send(other.operation, other.values), session.send(response.operation, response.values)
            message = compare(one.body, two.body) if one.ok and two.ok else None
            if message is not None:
                text = f"{one.operation.id} differs from {two.operation.id}: {message}"
                session.record_failure(CHECK, _CODE, text, one, [two])
                session.record_failure(CHECK, _CODE, text, two, [one])


def _kind_inside(node: Node) -> tuple[object, ...]:
    """Return the type and state of an object inside another one. Some states are in no list, as those of agents."""
    found = None if node.parent is None else object_from_item("{id}", {}, node.value)
    return () if found is None else found.kind


def _item(key: str) -> Compare:
    """Return a function that compares an item of a list with an object."""

    def compare(one: Any, other: Any) -> str | None:
        item = next((item for item in items_of(one) or () if key_of(item) == key), None)
        return None if item is None else difference(item, other)

    return compare


def _equal(key: str | None, name: str, pointer: str) -> Compare:
    """Return a function that compares a property of an item, or of an object, with one of another object."""

    def compare(one: Any, other: Any) -> str | None:
        listed = items_of(one)
        own = one if listed is None else next((item for item in listed if key_of(item) == key), None)
        expected, found = resolve_pointer(pointer, other), as_object(own).get(name)
        return (
            None if found is None or expected is None or found == expected else f"{name} is {found!r}, not {expected!r}"
        )

    return compare


def _nested(name: str) -> Compare:
    """Return a function that compares a list inside an object with the list of an operation."""
    return lambda one, other: nested_difference(items_inside(as_object(one).get(name)), items_of(other) or (), _PAGE)
