"""Other organizations: what belongs to one can neither be read nor changed from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..api import Kind, Operation
from ..exchange import FOREIGN, Exchange, PathValues, Request
from ..executor import Executor
from ..objects import identifier_of
from ..values import is_uuid
from .references import example_body

CHECK: Final = "foreign_object_found"
_ORG: Final = "org"
_REFUSED: Final = frozenset({403, 404})
#: Beginning of the path parameters of users, who may be members of several organizations.
_USER: Final = "user_"


def send_foreign(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Request the objects of an organization that only another token belongs to."""
    listing = executor.api.at("GET", "/v2/organizations")
    if listing is None or FOREIGN not in executor.credentials:
        return
    own = {str(each.get("slug")) for each in executor.read(listing, {}).objects}
    theirs = _slugs(executor.send(Request(listing, credential=FOREIGN))) - own
    if not theirs or not own:
        return
    found = _objects_of(executor, min(theirs))
    for operation in operations:
        if _ORG not in operation.parameters or any(each.is_required for each in operation.query.values()):
            continue  # a request without a required parameter is refused for another reason
        yield operation
        foreign = next((each for each in found.values() if {*operation.parameters} <= each.keys()), None)
        if foreign is not None:
            _send(executor, operation, {name: foreign[name] for name in operation.parameters}, min(own))


def _slugs(exchange: Exchange) -> set[str]:
    return {str(each.get("slug")) for each in exchange.objects}


def _objects_of(executor: Executor, organization: str) -> Mapping[Kind, PathValues]:
    """Return the path values of an object of each kind that another organization has."""
    found: dict[Kind, PathValues] = {}
    for kind in executor.api.kinds:
        if kind.list is None or not kind.parameter or _ORG not in kind.list.parameters:
            continue
        above: PathValues = {_ORG: organization}
        for values in found.values():
            above = {**values, **above} if {*values} <= {*kind.list.parameters} else above
        if {*kind.list.parameters} <= {*above}:
            page = executor.send(
                Request(kind.list, {name: above[name] for name in kind.list.parameters}, credential=FOREIGN)
            )
            key = next((identifier_of(kind.parameter, each) for each in page.objects), None)
            if key is not None:
                found[kind] = {**above, kind.parameter: key}
    return found


def _send(executor: Executor, operation: Operation, foreign: PathValues, own: str) -> None:
    """Request a foreign object by its own path, and below an organization of the run."""
    body = example_body(executor, operation)
    request = Request(operation, foreign, body=body, why="for an object of another organization")
    if operation.is_read or executor.is_local:
        executor.expect(request, _REFUSED if operation.is_read else {*_REFUSED, 400, 422}, CHECK)
        _, *others = operation.parameters
        if others and is_uuid(foreign[others[0]]) and not others[0].startswith(_USER):
            mixed = request.having(values={**foreign, _ORG: own}, why="for such an object below an own organization")
            executor.expect(mixed, _REFUSED if operation.is_read else {*_REFUSED, 400}, CHECK)
