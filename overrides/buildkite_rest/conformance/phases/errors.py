"""The phase *errors*: unknown objects, children of other parents and unknown methods get an error."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import define

from ..._base.json_values import as_object
from ..names import made_up
from ..objects import ObjectSelector, PathValues, identifier_of
from ..page_items import items_of
from ..rules.errors import allow_problems, error_problems
from ..spec import Operation, object_path
from ..traffic import Response, Session

#: Objects to try until one can be read.
_OBJECTS: Final = 6
#: A limit that includes all known objects.
_ALL: Final = 1_000
#: Items of a list that is searched for a child.
_PAGE: Final = 100
_OVERRIDE: Final = "X-HTTP-Method-Override"
#: Methods to ask for, of which the path of a read supports few.
_METHODS: Final = ("PUT", "PATCH", "POST")
#: Statuses of a request for an object that does not exist.
_NOT_FOUND: Final = frozenset({404, 410})


def check_errors(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send reads that must fail. Yields each operation before its requests are sent."""
    checks = ReadErrors(session, selector, {operation.label: operation for operation in selector.spec.operations})
    for operation in operations:
        yield operation
        if operation.method == "GET":
            checks.check_unknown(operation)
            checks.check_parents(operation)
        elif f"GET {operation.path}" not in checks.operations and operation.method != "HEAD":
            checks.check_method(operation)
            if is_switch(operation, checks.operations) and checks.may_change(operation):
                checks.check_method(operation, "DELETE")
    public = next((each for each in operations if each.method == "GET" and not each.parameters), None)
    if public is not None:
        checks.check_unknown_path(public)
    for operation in operations:
        if operation.method == "GET" and checks.check_override(operation):
            break


@define
class ReadErrors:
    """Reads that must fail."""

    session: Session
    selector: ObjectSelector
    operations: Mapping[str, Operation]

    def check_unknown(self, operation: Operation) -> None:
        """Replace each path parameter by one of no object."""
        if not operation.parameters:
            return
        found = self.readable(operation)
        if found is None:
            self.session.skip("unknown_object_found", operation, "no object can be read")
            return
        for name in operation.parameters:
            values = {**found, name: unknown(found[name])}
            response = self.session.send(operation, values)
            self.session.count("unknown_object_found")
            expected = {*_NOT_FOUND, 403} if name == operation.parameters[0] else _NOT_FOUND
            if response.status not in expected:
                message = f"an unknown {name} gets {response.status} instead of 404"
                self.session.record_failure("unknown_object_found", "BK221", message, response)
            elif name == operation.parameters[-1]:
                self._check_head(operation, values)
            if str(found[name]).isdecimal():
                self._check_id(operation, found, name)

    def _check_head(self, operation: Operation, values: PathValues) -> None:
        """Send a HEAD for an unknown object."""
        response = self.session.send(operation, values, method="HEAD", is_signed=operation.needs_token)
        if response.ok:
            message = f"HEAD of an unknown {operation.parameters[-1]} gets {response.status} instead of 404"
            self.session.record_failure("unknown_object_found", "BK221", message, response)

    def _check_id(self, operation: Operation, found: PathValues, name: str) -> None:
        """Replace the number of an object by its id."""
        reading = self.operations.get(f"GET {operation.path.partition(f'{{{name}}}')[0]}{{{name}}}")
        identifier = None if reading is None else as_object(self.session.read(reading, found).body).get("id")
        if not isinstance(identifier, str) or not is_unique(identifier):
            return
        response = self.session.send(operation, {**found, name: identifier})
        self.session.count("unknown_object_found")
        if response.status not in {*_NOT_FOUND, 400}:
            message = f"the id in place of the {name} gets {response.status} instead of 404"
            self.session.record_failure("unknown_object_found", "BK221", message, response)

    def check_parents(self, operation: Operation) -> None:
        """Request an object of another parent, which has no such child."""
        for name, values in self.wrong_parents(operation):
            response = self.session.send(operation, values)
            self.session.count("foreign_parent_accepted")
            if response.ok:
                message = f"the {operation.parameters[-1]} of another {name} gets {response.status} instead of 404"
                self.session.record_failure("foreign_parent_accepted", "BK222", message, response)

    def wrong_parents(self, operation: Operation) -> Iterator[tuple[str, PathValues]]:
        """Yield paths of an object below a parent that has no such child, each with the parameter of the parent."""
        *parents, last = operation.parameters or ("",)
        known = [each.values for each in self.selector.objects.for_path(operation.path, _ALL)]
        found = self.readable(operation)
        if found is None or not is_unique(found[last]):
            return
        for name in parents:
            other = next((each for each in known if self._differs(each, found, parents, name)), None)
            if other is None:
                continue
            values = {**found, **{each: other[each] for each in parents if each != parents[0] or name == each}}
            if any(all(each[key] == values[key] for key in values) for each in known) or self.may_have(
                operation, values
            ):
                continue
            yield name, values

    def _differs(self, other: PathValues, found: PathValues, parents: Sequence[str], name: str) -> bool:
        """Return whether an object has another parent `name`, but the parents above it in common."""
        above = parents[: parents.index(name)]
        return other[name] != found[name] and all(other[each] == found[each] for each in above)

    def may_have(self, operation: Operation, values: PathValues) -> bool:
        """Return whether a parent may have a child. If its list cannot tell, it may."""
        path = object_path(operation.path)
        listing = self.operations.get(f"GET {path.rpartition('/')[0]}")
        if listing is None:
            return True
        query = {"per_page": _PAGE} if "per_page" in listing.query else None
        page = self.session.read(listing, values, query=query)
        if page.status in _NOT_FOUND:
            return False
        items = items_of(page.body)
        if not page.ok or items is None or len(items) >= _PAGE:
            return True
        last = operation.parameters[-1]
        return any(str(identifier_of(last, item)) == str(values[last]) for item in items)

    def any(self, operation: Operation) -> PathValues:
        """Return the path parameters of an object, or none."""
        nothing: PathValues = {}
        return next(iter(self.selector.usable(operation)), nothing) if operation.parameters else nothing

    def may_change(self, operation: Operation) -> bool:
        """Return whether there is an object that the run may use an operation on."""
        values = self.any(operation)
        return set(operation.parameters) <= values.keys() and self.session.allows(operation, values)

    def check_method(self, operation: Operation, method: str = "GET") -> None:
        """Send a method to a path that has none."""
        values = self.any(operation)
        if not set(operation.parameters) <= values.keys():
            self.session.skip("unknown_method_accepted", operation, "there is no object")
            return
        response = self.session.send(operation, values, method=method, is_signed=operation.needs_token)
        self.session.count("unknown_method_accepted")
        if response.status not in {404, 405}:
            # The path of an action may look like that of an object.
            if any(each.method == method and each.matches(operation.path) for each in self.operations.values()):
                return
            message = f"{method} is not documented and gets {response.status} instead of 404 or 405"
            self.session.record_failure("unknown_method_accepted", "BK223", message, response)
            return
        problems = list(error_problems(response.headers.get("Content-Type", ""), response.text))
        if response.status == 405:
            documented = [each.method for each in self.operations.values() if each.path == operation.path]
            problems += allow_problems(response.headers.get("Allow", ""), method, documented)
        for problem in problems:
            self.session.record_failure("error_conformance", "BK224", problem, response)

    def check_override(self, operation: Operation) -> bool:
        """Ask for another method than that of a read in a header, which must be ignored, if an object can be read."""
        nothing: PathValues = {}
        values = self.readable(operation) if operation.parameters else nothing
        method = next((each for each in _METHODS if f"{each} {operation.path}" not in self.operations), None)
        if values is None or method is None or not self.session.read(operation, values).ok:
            return False
        response = self.session.send(operation, values, headers={_OVERRIDE: method})
        self.session.count("unknown_method_accepted")
        if not response.ok:
            message = f"GET with {_OVERRIDE}: {method} gets {response.status}, as if the header could change the method"
            self.session.record_failure("unknown_method_accepted", "BK223", message, response)
        return True

    def check_unknown_path(self, operation: Operation) -> None:
        """Request a path that is not in the spec."""
        self.session.read(operation, {})
        response = self.session.send(operation, {}, suffix="/no-such-path", is_raw=True)
        self.session.count("unknown_object_found")
        if response.status != 404:
            message = f"an unknown path gets {response.status} instead of 404"
            self.session.record_failure("unknown_object_found", "BK221", message, response)
            return
        for problem in error_problems(response.headers.get("Content-Type", ""), response.text):
            self.session.record_failure("error_conformance", "BK224", problem, response)

    def readable(self, operation: Operation) -> PathValues | None:
        """Return the path parameters of an object that can be read."""
        for values in self.selector.usable(operation)[:_OBJECTS] if operation.parameters else ():
            response: Response = self.session.read(operation, values)
            if response.ok:
                return {name: values[name] for name in operation.parameters}
        return None


def is_switch(operation: Operation, operations: Mapping[str, Operation]) -> bool:
    """Return whether an operation enables a setting of an organization that no other one disables."""
    return (
        operation.method == "PUT"
        and len(operation.parameters) == 1
        and not operation.path.endswith("}")
        and f"DELETE {operation.path}" not in operations
    )


def unknown(value: str | int) -> str | int:
    """Return an identifier of no object, in the form of another one."""
    if isinstance(value, int) or value.isdecimal():
        return made_up("number", 0)
    return made_up("id" if is_unique(value) else "object", random.getrandbits(32))


def is_unique(value: str | int) -> bool:
    """Return whether an identifier is a UUID, which no two objects share."""
    try:
        return bool(uuid.UUID(str(value)).int)
    except ValueError:
        return False
