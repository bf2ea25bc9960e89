"""The phase *lifecycle*: objects are created, read, listed, updated and deleted along the links of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from ..._base.json_values import as_object, is_array, is_object
from ..effects.values import volatile
from ..identities import is_revoked
from ..json_pointers import resolve_pointer
from ..objects import ObjectSelector, PathValues, identifier_of, with_ids, with_unique_name
from ..pages import read_pages
from ..spec import Link, Operation
from ..traffic import Response, Session
from .trailing_slash import send_as_documented

#: Parents to try to create an object in.
_PARENTS: Final = 12
#: Pages of a list to search.
_PAGES: Final = 20
#: Items of each of these pages.
_PAGE_SIZE: Final = 100
#: Updates to try.
_UPDATES: Final = 3
#: Minimum length of a secret. Shorter values may occur in other texts.
_MIN_SECRET: Final = 8
#: Methods that update an object, the preferred one first.
_UPDATE_METHODS: Final = ("PATCH", "PUT", "POST")


@frozen
class _Kind:
    """The operations on objects of a kind."""

    create: Operation
    name: str
    """The path parameter that identifies the object."""
    list: Operation | None
    get: Operation | None
    update: Operation | None
    delete: Operation | None


def check_lifecycles(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Check the lifecycle of an object for each operation that creates one.

    Yields each operation before its requests are sent.
    """
    by_label = {operation.label: operation for operation in operations}
    for operation in operations:
        if selector.creates(operation):
            yield operation
            path = selector.created_path(operation)
            kind = _Kind(
                operation,
                path.rpartition("{")[2].rstrip("}"),
                by_label.get(f"GET {operation.path}"),
                by_label.get(f"GET {path}"),
                next(
                    (by_label[label] for method in _UPDATE_METHODS if (label := f"{method} {path}") in by_label), None
                ),
                by_label.get(f"DELETE {path}"),
            )
            _Lifecycle(session, selector, kind).run()


@define
class _Lifecycle:
    session: Session
    selector: ObjectSelector
    kind: _Kind
    values: dict[str, str | int] = field(factory=dict[str, "str | int"])
    """The path parameters of the object."""
    initial: dict[str, str | int] = field(factory=dict[str, "str | int"])
    """Its path parameters before the first update."""
    responses: list[Response] = field(factory=list[Response])
    secrets: Mapping[str, str] = field(factory=dict[str, str])

    def run(self) -> None:
        created = self._create()
        if created is None:
            return
        body = created.body[0] if is_array(created.body) and created.body else created.body
        if (key := identifier_of(self.kind.name, body)) is None:
            return
        self.values = {**created.values, self.kind.name: key}
        self.initial = dict(self.values)
        names = self.selector.spec.secrets_of(self.kind.create)
        self.secrets = {name: as_object(body)[name] for name in names if isinstance(as_object(body).get(name), str)}
        self._get(body)
        self._list(is_present=True)
        self._update()
        self._delete()
        successes = [response for response in self.responses if response.ok and response.operation != self.kind.list]
        chain = dict.fromkeys(response.operation.id for response in successes)
        self.session.results.chains[created.operation.id] = tuple(chain)

    def _create(self) -> Response | None:
        operation = self.kind.create
        parents: Sequence[PathValues] = self.selector.usable(operation) if operation.parameters else [{}]
        for parent in parents[:_PARENTS]:
            for example in operation.body_examples:
                body = self._body(example, operation)
                if not self._is_allowed(operation, parent, body):
                    continue
                response = send_as_documented(self.session, self.selector.spec, operation, parent, body=body)
                if response.ok:
                    self.selector.record_success(operation, parent, response.body)
                    self.responses.append(response)
                    if is_object(response.body):
                        self._compare(body, response.body, response)
                    return response
        return None

    def _is_allowed(self, operation: Operation, values: PathValues, body: Any = None) -> bool:
        is_allowed = self.session.allows(operation, values, body=body)
        if not is_allowed:
            self.session.skip("lifecycle", operation, "the request would change or refer to an object of others")
        return is_allowed

    def _body(self, example: Mapping[str, Any], operation: Operation) -> Any:
        return with_unique_name(with_ids(example, self.selector.objects.known_ids), operation)

    def _send(self, operation: Operation, **request: Any) -> Response:
        """Call an operation on the object, and check the link to it in the response that created the object."""
        created = self.responses[0]
        values: PathValues = {name: self.values[name] for name in operation.parameters}
        if (link := link_to(created, operation)) is not None and (linked := follow(link, created, operation)):
            self.session.results.links[created.operation.id, operation.id] += 1
            # After a rename the link has the former name.
            if self.values == self.initial and linked != values:
                message = f"the link to {operation.id} leads to {dict(linked)} instead of {dict(values)}"
                self.session.record_failure("link_to_other_object", "BK102", message, created)
        response = send_as_documented(self.session, self.selector.spec, operation, values, **request)
        self.responses.append(response)
        self._check_secrets(response)
        return response

    def _get(self, expected: object) -> Response | None:
        if self.kind.get is None:
            return None
        response = self._send(self.kind.get)
        if not response.ok:
            self._fail("created_object_not_found", "BK103", "the created object cannot be read")
            return None
        self._compare(expected, response.body, response)
        return response

    def _list(self, *, is_present: bool) -> None:
        operation = self.kind.list
        if operation is None:
            return
        values = {name: self.values[name] for name in operation.parameters}
        if "per_page" in operation.query:
            sequence = read_pages(self.session, operation, values, _PAGE_SIZE, _PAGES)
            pages, is_complete, items = [*sequence.pages], sequence.is_complete, sequence.items
        else:
            response = self.session.send(operation, values)
            pages, is_complete, items = [response], response.ok, response.body if is_array(response.body) else []
        if not pages or not is_complete:
            return
        for page in pages:
            self._check_secrets(page)
        key = str(self.values[self.kind.name])
        matches = [item for item in items if str(identifier_of(self.kind.name, item)) == key]
        if is_present != bool(matches) and not any(map(is_revoked, matches)):
            message = "the created object is not in the list" if is_present else "the deleted object is in the list"
            self.responses.append(pages[-1])
            self._fail("list_outdated", "BK104", message)

    def _update(self) -> None:
        operation = self.kind.update
        if operation is None:
            return
        for example in operation.body_examples[:_UPDATES]:
            body = self._body(example, operation)
            if not self._is_allowed(operation, self.values, body):
                continue
            response = self._send(operation, body=body)
            if not response.ok:
                continue
            self.selector.record_success(operation, self.values, response.body)
            if (key := identifier_of(self.kind.name, response.body)) is not None:
                self.values[self.kind.name] = key
            self._compare(body, response.body, response)
            if (found := self._get(body)) is not None:
                changes = {name: value for name, value in as_object(response.body).items() if name in body}
                self._compare(changes, found.body, found)

    def _delete(self) -> None:
        if self.kind.delete is None or not self._is_allowed(self.kind.delete, self.values):
            return
        response = self._send(self.kind.delete)
        if not response.ok:
            return
        self.selector.record_success(self.kind.delete, self.values, response.body)
        if self.kind.get is not None:
            found = self._send(self.kind.get)
            if found.ok and not is_revoked(found.body):
                self._fail("deleted_object_found", "BK105", "the deleted object can be read")
        self._list(is_present=False)

    def _compare(self, expected: object, found: object, response: Response) -> None:
        passing = volatile(self.selector.spec, self.kind.get)  # a build starts by itself
        settled = {name: value for name, value in as_object(expected).items() if name not in passing}
        if (message := first_difference(settled, found)) is not None:
            self.session.record_failure("value_not_persisted", "BK106", message, response, self._before(response))

    def _check_secrets(self, response: Response) -> None:
        for name, value in self.secrets.items():
            if len(value) >= _MIN_SECRET and value in response.text:
                message = f"{name} is a secret and is returned after the creation"
                self.session.record_failure("secret_returned_again", "BK107", message, response, self._before(response))

    def _fail(self, check: str, code: str, message: str) -> None:
        self.session.record_failure(check, code, message, self.responses[-1], self.responses[:-1])

    def _before(self, response: Response) -> Sequence[Response]:
        return [each for each in self.responses if each is not response]


def first_difference(expected: object, found: object) -> str | None:
    """Return the first difference between the simple values of two objects.

    Missing properties and values of another type are not differences.
    """
    values = as_object(found)
    for name, value in as_object(expected).items():
        if name not in values or not isinstance(value, str | int):
            continue
        if values[name] is None and value != "":
            return f"{name} is null instead of {value!r}"
        if type(values[name]) is type(value) and values[name] != value:
            return f"{name} is {values[name]!r} instead of {value!r}"
    return None


def link_to(response: Response, operation: Operation) -> Link | None:
    """Return the link from a response to an operation."""
    status = str(response.status)
    links = response.operation.links
    return next((link for link in links if link.status == status and link.operation_id == operation.id), None)


def follow(link: Link, response: Response, operation: Operation) -> PathValues | None:
    """Return the path parameters of a link, or None if the response lacks one."""
    values = {name: _evaluate(expression, response) for name, expression in link.parameters.items()}
    if any(not isinstance(values.get(name), str | int) for name in operation.parameters):
        return None
    return {name: values[name] for name in operation.parameters}


def _evaluate(expression: str, response: Response) -> Any:
    """Evaluate a runtime expression of OpenAPI."""
    source, _, rest = expression.partition("#" if "#" in expression else "path.")
    match source:
        case "$request.":
            return response.values.get(rest)
        case "$response.body":
            return resolve_pointer(rest, response.body)
        case _:
            return None
