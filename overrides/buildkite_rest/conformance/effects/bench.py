"""Requests of the phase *effects*, and the objects that they are sent for."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from attrs import define, evolve, field

from ..._base.json_values import as_object, is_array
from ..filter_effects import brief_query
from ..gate import ForbiddenRequestError
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues, identifier_of
from ..page_items import items_of, key_of
from ..pages import read_pages
from ..response_times import server_time
from ..spec import Operation, Spec
from ..traffic import Response, Session
from .accounts import Account, other_accounts
from .bodies import Bodies, values_of
from .checks import DELETED, LIMIT, RECORD, Check
from .comparison import BOOKKEEPING, unexpected_changes
from .digests import digest_problems
from .expectations import Exchange
from .foreign_objects import ForeignObjects
from .kinds import Kind, is_short, kinds_of
from .values import BodyRules, Examples, file_fields, moving, request_schema

#: Reads of an object before a difference is reported, because a change may take a moment to become visible.
_READS: Final = 3
#: Seconds between these reads.
_PAUSE: Final = 0.2
#: Items of the page to search first, which has new objects in many lists.
_FIRST_ITEMS: Final = 10
#: Pages of a list to search, and their size.
_PAGES: Final = 20
_PAGE_SIZE: Final = 100
#: Properties whose value is the user that created an object.
CREATORS: Final = ("created_by", "creator")
#: Bodies that are documented to be valid, as reports name them.
EXAMPLE: Final = "an example of the documentation"
MINIMAL: Final = "a body with the required properties only"
#: Statuses of a refused body.
INVALID: Final = frozenset({400, 422})

#: Conditions that the traits of an object do not show.
_UNSHOWN: Final = ("$set", "$unset")

Rule: TypeAlias = Callable[[Response], Iterable[str]]
Others: TypeAlias = Mapping[str, Sequence[str | int]]
"""Other parents by path parameter."""


@define
class Subject:
    """An object that requests are sent for."""

    kind: Kind
    values: dict[str, str | int]
    """Its path parameters."""
    body: Any
    """The object when it was created or found."""
    sent: Mapping[str, Any] = field(factory=dict[str, Any])
    """The request body that created it."""
    created: Response | None = None
    is_own: bool = True
    """Whether the run has created it, or what it belongs to."""
    traits: tuple[object, ...] = ()
    """Its type, state and switches when it was found, if they are known."""

    def may_have(self, when: Mapping[str, Any]) -> bool:
        """Return whether an object that was found may have these values, as far as its traits show."""
        options = [value if is_array(value) else [value] for value in when.values() if value not in _UNSHOWN]
        shown = [values for values in options if all(isinstance(each, str | bool) for each in values)]
        return not self.traits or all(any(each in self.traits for each in values) for values in shown)


@define
class Bench:
    """The session with what the checks of effects need to know."""

    session: Session
    selector: ObjectSelector
    wanted: frozenset[str]
    """Ids of the operations to test."""
    examples: Examples
    kinds: Sequence[Kind]
    bodies: Bodies
    account: Mapping[str, Any] = field(factory=dict[str, Any])
    """The token's user, or an empty object if it is not known."""
    covered: set[str] = field(factory=set[str])
    """Ids of the operations whose effects were checked as the undo of another one."""
    changed: set[tuple[str, str]] = field(factory=set[tuple[str, str]])
    """Operations and properties of their bodies that were accepted with a new value."""
    filled: set[str] = field(factory=set[str])
    """Paths of the kinds of which an object was changed and deleted with objects below it."""
    gone: set[str] = field(factory=set[str])
    """Paths of the kinds of which a deleted object was requested."""
    cleared: set[str] = field(factory=set[str])
    """Reads and paths of kinds for which it was checked that nothing of a deleted object is left."""
    referenced: set[str] = field(factory=set[str])
    """Paths of the kinds to an object of which others were made to refer."""
    unreferenced: set[str] = field(factory=set[str])
    """Paths of the kinds of which an object was deleted that others referred to."""
    blocked: set[str] = field(factory=set[str])
    """Paths of the kinds of which an object had the unique properties of another one in a second state."""
    recreated: set[str] = field(factory=set[str])
    """Paths of the kinds of which an object with the key of a deleted one was created."""
    twins: set[str] = field(factory=set[str])
    """Paths of the kinds of which two objects with the same properties were created."""
    permanent: list[Subject] = field(factory=list[Subject])
    """New objects that only disappear with their parent."""
    copies: list[tuple[Subject, Subject]] = field(factory=list[tuple[Subject, Subject]])
    """Objects, and those that an action on them has created."""
    surveyed: set[str] = field(factory=set[str])
    """Operations after which the objects beside and below one were compared."""
    moved: set[str] = field(factory=set[str])
    """Paths of the kinds of which a former path was checked."""
    foreign: ForeignObjects | None = None
    """What another organization has, or None if the run has no token for one."""
    _accounts: list[Account] | None = None
    _clean: list[tuple[Operation, PathValues]] = field(factory=list[tuple[Operation, PathValues]])

    @classmethod
    def of(cls, session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Bench:
        """Return the bench of a run."""
        spec, kinds = selector.spec, kinds_of(selector.spec)
        wanted, bodies = frozenset(each.id for each in operations), Bodies(session, selector, kinds)
        bench = cls(session, selector, wanted, Examples.of(spec, selector.objects.known_ids), kinds, bodies)
        user = next((each for each in spec.operations if each.method == "GET" and each.path.endswith("/user")), None)
        if user is not None and not user.parameters:
            found = session.read(user, {})
            bench.account = as_object(found.body) if found.ok else {}
        bench.foreign = ForeignObjects.read(session, spec, operations)
        return bench

    @property
    def user(self) -> str | None:
        """The id of the token's user."""
        return self.account.get("id")

    @property
    def accounts(self) -> Sequence[Account]:
        """The other users whose tokens the run has, or none if the token's user is not known."""
        if self._accounts is None:
            self._accounts = [] if self.user is None else other_accounts(self.session, self.spec, self.user)
        return self._accounts

    @property
    def spec(self) -> Spec:
        """The spec of the run."""
        return self.selector.spec

    def wants(self, *operations: Operation | None) -> bool:
        """Return whether one of the operations is to be tested."""
        return any(each is not None and each.id in self.wanted for each in operations)

    def allows(self, operation: Operation | None, values: PathValues) -> bool:
        """Return whether a request may be sent."""
        return operation is not None and self.session.allows(operation, values_of(operation, values))

    @contextmanager
    def permitted(self, operation: Operation | None) -> Generator[None]:
        """End the block at a request that would change or refer to an object of others, and record that."""
        try:
            yield
        except ForbiddenRequestError as error:
            if operation is not None:
                self.session.skip("effects", operation, error.reason)

    def send(
        self, operation: Operation, values: PathValues, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Response:
        """Send a request for an object."""
        return self.session.send(operation, values_of(operation, values), body=body, query=query or None)

    def read(self, operation: Operation, values: PathValues) -> Response:
        """Read an object, or return what was read since the last change."""
        return self.session.read(operation, values_of(operation, values))

    def state(self, subject: Subject) -> Response | None:
        """Return the response to a read of an object, or None if the API has no such operation or it fails."""
        if subject.kind.get is None or not set(subject.kind.get.parameters) <= subject.values.keys():
            return None
        response = self.read(subject.kind.get, subject.values)
        return response if response.ok else None

    def check(self, check: Check, operation: Operation, values: PathValues, rule: Rule, cause: Response) -> None:
        """Read an object, and report the messages of a rule that a further read confirms."""
        self.session.count(check.name)
        response = self.read(operation, values)
        messages = list(rule(response))
        for _ in range(_READS - 1):
            if not messages:
                return
            time.sleep(_PAUSE)
            response = self.send(operation, values)
            messages = list(rule(response))
        self.report(check, messages, response, cause)

    def report(self, check: Check, messages: Iterable[str], shown: Response, cause: Response) -> None:
        """Report messages for the response that shows them, or for its cause if only that is tested."""
        self.session.count(check.name)
        is_tested = shown.operation.id in self.wanted
        for message in messages:
            if is_tested:
                before = [] if cause is shown else [cause]
                self.session.record_failure(check.name, check.code, message, shown, before)
            else:
                self.session.record_failure(check.name, check.code, f"{message} in {shown.operation.id}", cause)

    def changes(
        self,
        operation: Operation | None,
        before: object,
        after: object,
        allowed: Iterable[str],
        ignored: Collection[str] = BOOKKEEPING,
    ) -> Iterator[str]:
        """Yield the unexpected changes of an object that an operation reads."""
        return unexpected_changes(before, after, frozenset(allowed) | moving(self.spec, operation, before), ignored)

    def is_foreign(self, subject: Subject) -> bool:
        """Return whether another organization has the object too, such as a user, or settings of the same kind."""
        kind = subject.kind
        return self.foreign is not None and self.foreign.share(kind.list, kind.get, subject.values)

    def check_foreign(self, subject: Subject, cause: Response) -> None:
        """Check that a change of an object that another organization has too did not change it there."""
        if self.foreign is not None and self.is_foreign(subject):
            self.foreign.check(cause, [subject.kind.list, subject.kind.get])

    def below(self, subject: Subject) -> list[Subject]:
        """Return the objects below another one that cannot be deleted on their own, such as builds."""
        own = subject.values.items()
        return [each for each in self.permanent if each is not subject and own <= each.values.items()]

    def short_reads(self, kind: Kind) -> list[Operation]:
        """Return the operations that read objects of a kind without their parents."""
        return [
            each
            for each in self.spec.operations
            if each.method == "GET"
            and each.path.endswith("}")
            and is_short(each.path, kind.path)
            and self.spec.find("GET", each.path.rpartition("/")[0]) is None
        ]

    def exchange(self, response: Response, request: Any, before: Any, others: Others) -> Exchange:
        """Return the values for expressions about a response."""
        values = {**response.values, **{f"$other.{name}": each[0] for name, each in others.items()}}
        return Exchange(request, response.body, before, values, self.account, server_time(response.headers))

    def find(self, subject: Subject, query: Mapping[str, Any] | None = None) -> tuple[Any, Response | None]:
        """Return the item of an object in the list of its kind, or None, and the last page if the list was read.

        An item that is not among the first lacks what the list can leave out.
        """
        operation = subject.kind.list
        if operation is None or not set(operation.parameters) <= subject.values.keys():
            return None, None
        values, query = values_of(operation, subject.values), query or {}
        if "per_page" in operation.query and "per_page" not in query:
            first = read_pages(self.session, operation, values, _FIRST_ITEMS, 1, query=query)
            if first.is_complete or _item(subject, first.pages) is not None:
                return _found(subject, first.pages)
            brief = {**brief_query(self.spec, operation), **query}
            sequence = read_pages(self.session, operation, values, _PAGE_SIZE, _PAGES, query=brief)
            return _found(subject, sequence.pages) if sequence.is_complete else (None, None)
        page = self.session.read(operation, values, query=query or None)
        return _found(subject, [page]) if page.ok and items_of(page.body) is not None else (None, None)

    def items_with(self, subject: Subject, name: str, value: object) -> list[Any]:
        """Return the items of the list of an object with a value."""
        operation = subject.kind.list
        if operation is None or "per_page" not in operation.query:
            return []
        sequence = read_pages(self.session, operation, values_of(operation, subject.values), _PAGE_SIZE, _PAGES)
        return [item for item in sequence.items if as_object(item).get(name) == value]

    def create(self, kind: Kind, parent: PathValues, index: int, *, minimal: bool = False) -> Subject | None:
        """Create an object, with the properties of an example or only with the required ones."""
        operation = kind.create
        if operation is None or not self.allows(operation, parent):
            return None
        examples = operation.body_examples
        if form := file_fields(self.spec, operation):
            return self._publish(kind, parent, form[0], index)
        schema = request_schema(self.spec, operation)
        required = BodyRules.of(schema).needed.union(schema.get("required", ()))
        bodies = [self.bodies.body(operation, example, index, parent) for example in (*examples[-1:], *examples[:-1])]
        small = [{name: value for name, value in body.items() if name in required} for body in bodies[:1]]
        if not minimal:  # a smaller body shows that the parent accepts objects
            return self.create_first(kind, parent, [*bodies, *small], documented=EXAMPLE)
        if small == bodies[:1]:  # another example may have other ones of the properties that a request may need
            small = bodies[-1:]
        return self.create_first(kind, parent, [*small, *reversed(bodies)], documented=MINIMAL)

    def create_first(
        self,
        kind: Kind,
        parent: PathValues,
        bodies: Iterable[Mapping[str, Any]],
        *,
        documented: str = "",
        is_possible: bool = False,
    ) -> Subject | None:
        """Create an object with the first body that is accepted.

        If the first body is `documented` to be valid, its refusal is reported, unless it is not known whether the
        parent accepts any object.
        """
        operation = kind.create
        if operation is None or not self.allows(operation, parent):
            return None
        first: Response | None = None
        for body in bodies:
            if not self.session.allows(operation, values_of(operation, parent), body=body):
                continue
            response = self.send(operation, parent, body)
            first = first or response
            if documented and (response.ok or is_possible):
                self.report_refused(documented, first)
                documented = ""
            if response.ok:
                return self._created(kind, parent, body, response)
        return None

    def report_refused(self, what: str, response: Response) -> None:
        """Report that a body was refused, although it is documented to be valid."""
        messages = [f"{what} gets {response.status}"] if response.status in INVALID else []
        self.report(LIMIT, messages, response, response)

    def _publish(self, kind: Kind, parent: PathValues, name: str, index: int) -> Subject | None:
        """Create an object from a file."""
        assert kind.create is not None  # noqa: S101 - for the type checker
        for filename in self.examples.candidates("filename"):
            stem, dot, extension = str(filename).rpartition(".")
            content = f"A file of a conformance run, {index}\n".encode()
            file = (f"{stem.rstrip('-.0123456789')}-{index}.0.{time.time_ns() % 10**9}{dot}{extension}", content)
            response = self.session.send(kind.create, values_of(kind.create, parent), files={name: file})
            if response.ok:
                self.report(RECORD, digest_problems(response.body, content), response, response)
                return self._created(kind, parent, {}, response)
        return None

    def _created(self, kind: Kind, parent: PathValues, body: Any, response: Response) -> Subject | None:
        assert kind.create is not None  # noqa: S101 - for the type checker
        self.selector.record_success(kind.create, parent, response.body)
        content = response.body[0] if is_array(response.body) and response.body else response.body
        if (key := identifier_of(kind.parameter, content)) is None:
            return None
        values = {**parent, kind.parameter: key}
        if kind.delete is not None and not self.allows(kind.delete, values):
            self.session.skip("effects", kind.create, "the response does not show which object is new")
            return None
        if kind.delete is not None:
            self._clean.append((kind.delete, values))
        subject = Subject(kind, values, content, body, response)
        if kind.delete is None:
            self.permanent.append(subject)
        return subject

    def created_again(self, subject: Subject, response: Response) -> Subject | None:
        """Remember to delete another object like one that was created before, and return it."""
        if subject.kind.create is None:
            return None
        return self._created(subject.kind, subject.values, subject.sent, response)

    def created_all(self, subject: Subject, response: Response) -> list[Subject]:
        """Return the objects in a response that created several ones, and remember to delete them."""
        bodies: list[Any] = response.body if is_array(response.body) else []
        single = [evolve(response, body=[body]) for body in bodies]
        made = (self._created(subject.kind, subject.values, subject.sent, each) for each in single)
        return [each for each in made if each is not None]

    def make(self, name: str, subject: Subject) -> str | None:
        """Return the id of a new object below another one, for a property that refers to it by its name."""
        stem = name.removesuffix("_id").removesuffix("_uuid")
        if stem == name:
            return None
        for kind in subject.kind.children:
            noun = kind.parameter.removesuffix("_id").removesuffix("_uuid")
            if stem == noun or stem.endswith(f"_{noun}"):
                made = self.create(kind, subject.values, 0)
                return None if made is None else str(made.values[kind.parameter])
        return None

    def renamed(self, subject: Subject, operation: Operation, response: Response) -> None:
        """Follow an object to its new path."""
        key = identifier_of(subject.kind.parameter, response.body)
        if key is None or key == subject.values[subject.kind.parameter]:
            return
        self.selector.record_success(operation, values_of(operation, subject.values), response.body)
        former, new = dict(subject.values), {subject.kind.parameter: key}
        below = [each for each in self.permanent if former.items() <= each.values.items()]
        for each in (*below, subject):
            each.values = {**each.values, **new}
        self._clean = [
            (delete, {**values, **new} if former.items() <= values.items() else values)
            for delete, values in self._clean
        ]
        self._check_moved(subject, former, response)

    def _check_moved(self, subject: Subject, former: PathValues, cause: Response) -> None:
        """Check once for each kind that a renamed object is no longer at its former path."""
        read = subject.kind.get
        is_checked = subject.kind.path in self.moved or not is_local(self.session.options.base_url)
        if read is None or is_checked or not self.wants(read):
            return
        self.moved.add(subject.kind.path)

        def rule(found: Response) -> Iterator[str]:
            if found.ok:
                yield "a renamed object can still be read at its former path"

        self.check(DELETED, read, former, rule, cause)

    def delete(self, subject: Subject) -> None:
        """Delete an object that was only made for a check."""
        delete = subject.kind.delete
        if delete is not None and self.allows(delete, subject.values) and self.send(delete, subject.values).ok:
            self.removed(subject)
            self.selector.record_success(delete, values_of(delete, subject.values), None)

    def removed(self, subject: Subject) -> None:
        """Forget an object that was deleted, and those below it."""
        gone = [entry for entry in self._clean if subject.values.items() <= entry[1].items()]
        self._clean = [entry for entry in self._clean if entry not in gone]
        for operation, values in gone:
            self.selector.record_success(operation, values_of(operation, values), None)

    def clean(self) -> None:
        """Delete the objects that are left, the newest first."""
        while self._clean:
            operation, values = self._clean.pop()
            if self.send(operation, values).ok:
                self.selector.record_success(operation, values_of(operation, values), None)


def _found(subject: Subject, pages: Sequence[Response]) -> tuple[Any, Response | None]:
    """Return the item of an object and its page, or None and the last page."""
    return _item(subject, pages) or (None, pages[-1] if pages else None)


def _item(subject: Subject, pages: Sequence[Response]) -> tuple[Any, Response] | None:
    key = str(subject.values[subject.kind.parameter])
    for page in pages:
        for item in items_of(page.body) or ():
            if key in (str(identifier_of(subject.kind.parameter, item)), key_of(item)):
                return item, page
    return None
