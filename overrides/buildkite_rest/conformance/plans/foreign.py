"""Other organizations: what belongs to one can neither be read, changed, listed nor referred to from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..._base.json_values import is_array, is_object
from ..api import Kind, Operation
from ..exchange import FOREIGN, Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..objects import id_names, identifier_of, noun_of
from ..values import is_uuid
from .references import example_body

CHECK: Final = "foreign_object_found"
_ORG: Final = "org"
_REFUSED: Final = frozenset({403, 404})
#: Beginning of the path parameters of users, who may be members of several organizations.
_USER: Final = "user_"


def send_foreign(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Request the objects of an organization that only another token belongs to, and refer to them."""
    listing = executor.api.at("GET", "/v2/organizations")
    if listing is None or FOREIGN not in executor.credentials:
        return
    own = {str(each.get("slug")) for each in executor.read(listing, {}).objects}
    _read_own(executor, own)
    theirs = _slugs(executor.send(Request(listing, credential=FOREIGN))) - own
    if not theirs or not own:
        return
    found = _objects_of(executor, min(theirs))
    for operation in operations:
        if any(each.is_required for each in operation.query.values()):
            continue  # it would be refused for another reason
        if _ORG not in operation.parameters:
            _search(executor, operation, theirs)
            continue
        yield operation
        foreign = next((each for each in found.values() if {*operation.parameters} <= each.keys()), None)
        if foreign is not None:
            _send(executor, operation, {name: foreign[name] for name in operation.parameters}, min(own))
        if executor.is_local:
            _send_below_other(executor, operation, min(theirs))
            _refer(executor, operation, _ids(found))


def _slugs(exchange: Exchange) -> set[str]:
    return {str(each.get("slug")) for each in exchange.objects}


def _read_own(executor: Executor, own: set[str]) -> None:
    """Read the organizations that are listed for the token of the run."""
    reading = executor.api.at("GET", "/v2/organizations/{org}")
    for slug in sorted(own):
        if reading is not None:
            executor.expect(Request(reading, {_ORG: slug}, why="for a listed organization"), {200}, CHECK)


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


def _send_below_other(executor: Executor, operation: Operation, other: str) -> None:
    """Request an object of the run below another organization, with the token of that organization."""
    _, *others = operation.parameters
    values = next(iter(executor.world.objects(operation)), None)
    if not operation.is_read or values is None or not others or not is_uuid(values[others[0]]):
        return
    if others[0].startswith(_USER):
        return
    request = Request(operation, {**values, _ORG: other}, credential=FOREIGN, why="below another organization")
    executor.expect(request, _REFUSED, CHECK)


def _search(executor: Executor, operation: Operation, theirs: set[str]) -> None:
    """Search a list of all organizations for objects of others."""
    if operation.parameters or not operation.needs_token or operation.method != "GET":
        return
    page = executor.read(operation, {}, {"per_page": 100} if "per_page" in operation.query else {})
    for slug in theirs:
        if page.is_list and f"/organizations/{slug}/" in page.text:
            executor.report(Finding(CHECK, "the list contains an object of another organization", page))


def _ids(found: Mapping[Kind, PathValues]) -> Mapping[str, str]:
    """Return the ids of foreign objects by the names of the properties that refer to such objects."""
    return {
        name: str(values[kind.parameter])
        for kind, values in found.items()
        if is_uuid(values[kind.parameter]) and not kind.parameter.startswith(_USER)
        for name in id_names(noun_of(kind.path.rpartition("/")[0]))
    }


def _refer(executor: Executor, operation: Operation, ids: Mapping[str, str]) -> None:
    """Refer to foreign objects in a filter, which finds nothing, and in a body, which is refused."""
    values = next(iter(executor.world.objects(operation)), None)
    if values is None:
        return
    known = {name: values[name] for name in operation.parameters}
    for name in operation.query.keys() & ids.keys() if operation.is_read else ():
        request = Request(operation, known, {name: ids[name]}, why=f"with the {name} of another organization")
        page = executor.send(request)
        if page.items:
            executor.report(Finding(CHECK, f"the list is not empty {request.why}", page))
    if not operation.body_examples or operation.is_read:
        return
    body = example_body(executor, operation)
    properties = executor.api.properties(operation.body_schema)
    for name in properties:
        found = next((ids[each] for each in ids if name == each or name.endswith(f"_{each}")), None)
        if found is None:
            continue
        value: Any = [found] if name.endswith("s") else found
        why = f"with the {name} of another organization"
        executor.expect(Request(operation, known, body={**body, name: value}, why=why), {400, 403, 404, 422}, CHECK)
    for request in _nested(operation, known, body, ids):
        executor.expect(request, {400, 403, 404, 422}, CHECK)


def _nested(operation: Operation, values: PathValues, body: Any, ids: Mapping[str, str]) -> Iterator[Request]:
    """Yield bodies in which a reference inside of another property is foreign."""
    for name, value in body.items():
        if is_array(value) and value and is_object(value[0]):
            for inner in value[0].keys() & ids.keys():
                changed = [{**value[0], inner: ids[inner]}, *value[1:]]
                why = f"with the {inner} of another organization"
                yield Request(operation, values, body={**body, name: changed}, why=why)
