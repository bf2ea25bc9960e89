"""Follows links of the description: from an answer to what can be called on the object in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from ..._base.json_values import as_object, is_array, is_object
from ..objects import Choice, Values, key_of, unique, with_ids
from ..spec import Link, Operation
from ..traffic import Answer, Wire
from .lists import walk


def link_to(answer: Answer, operation: Operation) -> Link | None:
    """Return the link that leads from an answer to an operation."""
    status = str(answer.status)
    links = answer.operation.links
    return next((link for link in links if link.status == status and link.operation_id == operation.id), None)


def follow(link: Link, answer: Answer, operation: Operation) -> Values | None:
    """Return the path parameters that a link gives an operation, or None if the answer lacks one."""
    values = {name: _evaluate(expression, answer) for name, expression in link.parameters.items()}
    if any(not isinstance(values.get(name), str | int) for name in operation.parameters):
        return None
    return {name: values[name] for name in operation.parameters}


def _evaluate(expression: str, answer: Answer) -> Any:
    source, _, rest = expression.partition("#" if "#" in expression else "path.")
    match source:
        case "$request.":
            return answer.values.get(rest)
        case "$response.body":
            return _at(rest, answer.body)
        case _:
            return None


def _at(pointer: str, value: Any) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value):
            value = value.get(key)
        elif is_array(value) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def difference(expected: object, found: object) -> str | None:
    """Return in which simple value an object differs from what was expected, if it does.

    What the answer does not tell is no difference, nor is a value that it tells in another form.
    """
    told = as_object(found)
    for name, value in as_object(expected).items():
        if name not in told or not isinstance(value, str | int):
            continue
        if told[name] is None and value != "":
            return f"{name} is null and not {value!r}"
        if type(told[name]) is type(value) and told[name] != value:
            return f"{name} is {told[name]!r} and not {value!r}"
    return None


def named(body: object, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a body that have one of these names."""
    return {name: value for name, value in as_object(body).items() if name in names}


#: Objects that something is tried to be created in, pages of a list that are searched, and updates that are tried.
_PARENTS: Final = 12


_PAGES: Final = 20


_PAGE: Final = 100


_UPDATES: Final = 3


#: A secret has so many characters at least.
_LONG: Final = 8


#: How an object is changed.
_CHANGES: Final = ("PATCH", "PUT", "POST")


@frozen
class _Kind:
    """The operations on objects of a kind."""

    create: Operation
    name: str
    """The parameter that names the object."""
    listing: Operation | None
    get: Operation | None
    update: Operation | None
    delete: Operation | None


def check_lives(wire: Wire, choice: Choice, chosen: Sequence[Operation]) -> Iterator[Operation]:
    """Give everything that the chosen operations can create a life, and yield each such operation before."""
    by_label = {operation.label: operation for operation in chosen}
    for operation in chosen:
        if choice.creates(operation):
            yield operation
            own = choice.path_of_new(operation)
            kind = _Kind(
                operation,
                own.rpartition("{")[2].rstrip("}"),
                by_label.get(f"GET {operation.path}"),
                by_label.get(f"GET {own}"),
                next((by_label[label] for way in _CHANGES if (label := f"{way} {own}") in by_label), None),
                by_label.get(f"DELETE {own}"),
            )
            _Life(wire, choice, kind).run()


@define
class _Life:
    wire: Wire
    choice: Choice
    kind: _Kind
    values: dict[str, str | int] = field(factory=dict[str, "str | int"])
    """The path of the object."""
    first: dict[str, str | int] = field(factory=dict[str, "str | int"])
    """The path that it had at first."""
    past: list[Answer] = field(factory=list[Answer])
    secrets: Mapping[str, str] = field(factory=dict[str, str])

    def run(self) -> None:
        created = self._created()
        if created is None:
            return
        body = created.body[0] if is_array(created.body) and created.body else created.body
        if (key := key_of(self.kind.name, body)) is None:
            return
        self.values = {**created.values, self.kind.name: key}
        self.first = dict(self.values)
        names = self.choice.description.secrets_of(self.kind.create)
        self.secrets = {name: as_object(body)[name] for name in names if isinstance(as_object(body).get(name), str)}
        self._find(body)
        self._list(present=True)
        self._update()
        self._delete()
        successes = [answer for answer in self.past if answer.ok and answer.operation != self.kind.listing]
        chain = dict.fromkeys(answer.operation.id for answer in successes)
        self.wire.results.chains[created.operation.id] = tuple(chain)

    def _created(self) -> Answer | None:
        operation = self.kind.create
        parents: Sequence[Values] = self.choice.objects(operation) if operation.parameters else [{}]
        for parent in parents[:_PARENTS]:
            for example in operation.bodies:
                body = unique(with_ids(example, self.choice.targets.known_ids), operation)
                answer = self.wire.send(operation, parent, body=body)
                if answer.ok:
                    self.choice.note_success(operation, parent, answer.body)
                    self.past.append(answer)
                    if is_object(answer.body):
                        self._compare(body, answer.body, answer)
                    return answer
        return None

    def _go(self, operation: Operation, **request: Any) -> Answer:
        """Call an operation on the object, through the link of the answer that created it, if there is one."""
        created = self.past[0]
        values: Values = {name: self.values[name] for name in operation.parameters}
        if (link := link_to(created, operation)) is not None and (linked := follow(link, created, operation)):
            self.wire.results.links[created.operation.id, operation.id] += 1
            # An update may have given the object a new name, which the link does not know.
            if self.values == self.first and linked != values:
                message = f"the link to {operation.id} leads to {dict(linked)}, and not to {dict(values)}"
                self.wire.fail("link_leads_to_object", "BK102", message, created)
        answer = self.wire.send(operation, values, **request)
        self.past.append(answer)
        self._check_secrets(answer)
        return answer

    def _find(self, expected: object) -> Answer | None:
        if self.kind.get is None:
            return None
        found = self._go(self.kind.get)
        if not found.ok:
            self._fail("created_is_found", "BK103", "what was created cannot be read")
            return None
        self._compare(expected, found.body, found)
        return found

    def _list(self, *, present: bool) -> None:
        listing = self.kind.listing
        if listing is None:
            return
        size = _PAGE if "per_page" in listing.query else None
        values = {name: self.values[name] for name in listing.parameters}
        if size is None:
            answer = self.wire.send(listing, values)
            pages, complete, items = [answer], answer.ok, answer.body if is_array(answer.body) else []
        else:
            walked = walk(self.wire, listing, values, size, _PAGES)
            pages, complete, items = [*walked.pages], walked.complete, walked.items
        keys = {str(key_of(self.kind.name, item)) for item in items}
        if not pages or not complete:
            return
        for page in pages:
            self._check_secrets(page)
        if present != (str(self.values[self.kind.name]) in keys) and not self._is_revoked(items):
            what = "what was created is not in the list" if present else "what was removed is still in the list"
            self.past.append(pages[-1])
            self._fail("list_has_what_is_there", "BK104", what)

    def _is_revoked(self, items: Sequence[Any]) -> bool:
        own = (item for item in items if str(key_of(self.kind.name, item)) == str(self.values[self.kind.name]))
        return any(as_object(item).get("state") == "revoked" for item in own)

    def _update(self) -> None:
        operation = self.kind.update
        if operation is None:
            return
        for example in operation.bodies[:_UPDATES]:
            body = unique(with_ids(example, self.choice.targets.known_ids), operation)
            answer = self._go(operation, body=body)
            if not answer.ok:
                continue
            self.choice.note_success(operation, self.values, answer.body)
            if (key := key_of(self.kind.name, answer.body)) is not None:
                self.values[self.kind.name] = key
            self._compare(body, answer.body, answer)
            if (found := self._find(body)) is not None:
                self._compare(named(answer.body, body), found.body, found)

    def _delete(self) -> None:
        if self.kind.delete is None:
            return
        answer = self._go(self.kind.delete)
        if not answer.ok:
            return
        self.choice.note_success(self.kind.delete, self.values, answer.body)
        if self.kind.get is not None:
            gone = self._go(self.kind.get)
            if gone.ok and as_object(gone.body).get("state") != "revoked":
                self._fail("removed_is_gone", "BK105", "what was removed can still be read")
        self._list(present=False)

    def _compare(self, expected: object, found: object, answer: Answer) -> None:
        """Check that simple values are still what they were."""
        if (message := difference(expected, found)) is not None:
            self.wire.fail("value_is_kept", "BK106", message, answer, self._before(answer))

    def _check_secrets(self, answer: Answer) -> None:
        for name, value in self.secrets.items():
            if len(value) >= _LONG and value in answer.text:
                message = f"{name} is a secret, and not only shown when it is made"
                self.wire.fail("secret_is_shown_once", "BK107", message, answer, self._before(answer))

    def _fail(self, check: str, code: str, message: str) -> None:
        self.wire.fail(check, code, message, self.past[-1], self.past[:-1])

    def _before(self, answer: Answer) -> Sequence[Answer]:
        return [each for each in self.past if each is not answer]
