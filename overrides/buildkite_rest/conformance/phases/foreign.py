"""Objects of other organizations, which the token of the run must not reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from ... import RetryPolicy
from ..._base.json_values import as_array, as_object, is_array
from ..argument_tokens import FOREIGN_TOKEN
from ..client import make_client
from ..discovery import discover
from ..loopback import is_local
from ..objects import Objects, ObjectSelector, PathValues, identifier_of
from ..page_items import items_of
from ..request_bodies import RequestBodies
from ..spec import Operation, Spec
from ..traffic import Session
from .errors import ReadErrors, is_unique
from .foreign_references import ForeignReferences

_ORGANIZATIONS: Final = "/v2/organizations"
_ORGANIZATION: Final = "org"
#: Start of the names of path parameters that identify a user.
_USER: Final = "user_"
_ORGANIZATION_PATH: Final = f"{_ORGANIZATIONS}/{{{_ORGANIZATION}}}"
#: Organizations of the run to read.
_LISTED: Final = 10
#: Items of a list.
_PAGE: Final = 100
#: A limit that includes all known objects.
_ALL: Final = 1_000
#: Statuses of a request for an object of another organization.
_REFUSED: Final = frozenset({403, 404})


def check_foreign(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read objects of organizations that only another token belongs to. Yields each operation before its requests."""
    own = _own_organizations(session, selector)
    _check_own(session, selector, own or frozenset())
    if own is None:
        return
    objects = _foreign_objects(session, selector, operations, own)
    bodies = RequestBodies(session, selector)
    references = _references(session, selector, bodies, _values(objects, _ORGANIZATION_PATH))
    reads = ReadErrors(session, selector, {operation.label: operation for operation in selector.spec.operations})
    for operation in operations:
        if _ORGANIZATION in operation.parameters and operation.is_read_only:
            if selector.spec.needs_query(operation):
                continue  # it would be refused for another reason
            foreign = next(
                (each for each in _values(objects, operation.path) if each.get(_ORGANIZATION) not in own), None
            )
            yield operation
            if references is not None:
                references.check_filters(operation)
            organizations = _values(objects, _ORGANIZATION_PATH)
            is_checked = _check_own_below(session, selector.spec, operation, selector.usable(operation), organizations)
            if foreign is not None:
                _check(session, reads, operation, {name: foreign[name] for name in operation.parameters}, own)
            elif not is_checked:
                session.skip("foreign_object_found", operation, "the other organization has no such object")
        elif _ORGANIZATION in operation.parameters:
            yield operation
            _check_change(session, operation, bodies, _values(objects, operation.path), own)
            if references is not None:
                references.check(operation)
        elif operation.method == "GET":
            yield operation
            _check_list(session, operation, own)


def _values(objects: Objects, path: str) -> list[PathValues]:
    return [each.values for each in objects.for_path(path, _ALL)]


def _own_organizations(session: Session, selector: ObjectSelector) -> frozenset[str] | None:
    listing = next((each for each in selector.spec.operations if each.label == f"GET {_ORGANIZATIONS}"), None)
    if listing is None:
        return None
    response = session.read(listing, {}, query={"per_page": 100} if "per_page" in listing.query else None)
    return frozenset(str(as_object(each).get("slug")) for each in as_array(response.body)) if response.ok else None


def _check_own(session: Session, selector: ObjectSelector, own: frozenset[str]) -> None:
    """Check that the listed organizations can be read."""
    by_label = {each.label: each for each in selector.spec.operations}
    listing = by_label.get(f"GET {_ORGANIZATIONS}")
    reading = by_label.get(f"GET {_ORGANIZATION_PATH}")
    if listing is None or reading is None:
        return
    for slug in sorted(own)[:_LISTED]:
        response = session.read(reading, {_ORGANIZATION: slug})
        session.count("foreign_object_found")
        if response.status in _REFUSED:
            listed = session.read(listing, {}, query={"per_page": 100} if "per_page" in listing.query else None)
            message = f"the list contains an organization that gets {response.status}"
            session.record_failure("foreign_object_found", "BK206", message, listed, [response])


def _foreign_objects(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation], own: frozenset[str]
) -> Objects:
    assert session.options.foreign_auth is not None  # noqa: S101 - for the type checker
    session.secrets.add(session.options.foreign_auth.authorization(), FOREIGN_TOKEN)
    options = evolve(session.options, auth=session.options.foreign_auth)
    reading = [each for each in operations if each.is_read_only]
    with make_client(options, session.schedule, session.log, retries=RetryPolicy(max_retries=1)) as client:
        return discover(client, selector.spec, reading, Objects(excluded=own))


def _references(
    session: Session, selector: ObjectSelector, bodies: RequestBodies, organizations: Sequence[PathValues]
) -> ForeignReferences | None:
    assert session.options.foreign_auth is not None  # noqa: S101 - for the type checker
    authorization = session.options.foreign_auth.authorization()
    slug = next((each[_ORGANIZATION] for each in organizations), None)
    return None if slug is None else ForeignReferences(session, selector, bodies, slug, authorization)


def _check(session: Session, reads: ReadErrors, operation: Operation, values: PathValues, own: frozenset[str]) -> None:
    """Request a foreign object by its own path, and below an organization of the run."""
    paths = [values]
    first, *others = operation.parameters
    if others and is_unique(values[others[0]]) and first == _ORGANIZATION:
        mixed = {**values, _ORGANIZATION: min(own, default="")}
        # Users may be members of both. Anything else belongs to one of them.
        is_shared = others[0].startswith(_USER) and reads.may_have(operation, mixed)
        paths += [] if is_shared else [mixed]
    for path in paths:
        response = session.send(operation, path)
        session.count("foreign_object_found")
        if response.status not in _REFUSED:
            message = f"an object of another organization gets {response.status} instead of 404"
            session.record_failure("foreign_object_found", "BK206", message, response)


def _check_change(
    session: Session,
    operation: Operation,
    bodies: RequestBodies,
    objects: Sequence[PathValues],
    own: frozenset[str],
) -> None:
    """Change a foreign object, or create another one beside it, on a server that may be changed as a whole."""
    foreign = next((each for each in objects if each.get(_ORGANIZATION) not in own), None)
    if foreign is None or not is_local(session.options.base_url):
        return
    values = {name: foreign[name] for name in operation.parameters}
    examples = operation.body_examples
    body = bodies.valid(operation, values, examples[0]) if examples else None
    for each in (values, *_below_own(operation, values, own)):
        if not session.allows(operation, each, body=body):
            continue
        response = session.send(operation, each, body=body, is_raw=True)
        session.count("foreign_object_found")
        is_refused = response.status in _REFUSED if each != values else not response.ok
        if not is_refused:
            message = f"a change of an object of another organization gets {response.status} instead of 404"
            session.record_failure("foreign_object_found", "BK206", message, response)


def _below_own(operation: Operation, values: PathValues, own: frozenset[str]) -> Iterator[PathValues]:
    """Yield the path of a foreign object below an organization of the run. Users may be members of both."""
    first, *others = operation.parameters
    if others and first == _ORGANIZATION and is_unique(values[others[0]]) and not others[0].startswith(_USER):
        yield {**values, _ORGANIZATION: min(own, default="")}


def _check_own_below(
    session: Session,
    spec: Spec,
    operation: Operation,
    usable: Sequence[PathValues],
    organizations: Sequence[PathValues],
) -> bool:
    """Request an object of the run below another organization, with the token of that organization, if possible."""
    _, *others = operation.parameters
    if not (others and usable and organizations and is_unique(usable[0][others[0]])):
        return False
    organization = organizations[0][_ORGANIZATION]
    assert session.options.foreign_auth is not None  # noqa: S101 - for the type checker
    authorization = session.options.foreign_auth.authorization()
    mixed: list[PathValues] = [{**each, _ORGANIZATION: organization} for each in usable]
    first = mixed[0] if _names_organization(session, operation, usable[0]) else None
    if first is None and operation.path.endswith("}") and others == [operation.parameters[-1]]:
        first = next((each for each in mixed if _lacks(session, spec, operation, each, authorization)), None)
    if first is None:
        return False
    response = session.send(operation, first, authorization=authorization)
    session.count("foreign_object_found")
    if response.status not in _REFUSED:
        message = f"an object below another organization than its own gets {response.status} instead of 404"
        session.record_failure("foreign_object_found", "BK206", message, response)
    return True


def _lacks(session: Session, spec: Spec, operation: Operation, values: PathValues, authorization: str) -> bool:
    """Return whether the whole list of another organization lacks an object, such as a user that is not a member."""
    listing = spec.find("GET", operation.path.rpartition("/")[0])
    if listing is None:
        return False
    query = {"per_page": _PAGE} if "per_page" in listing.query else None
    response = session.send(listing, values, query=query, authorization=authorization, is_raw=True)
    items = items_of(response.body)
    keys = {str(identifier_of(operation.parameters[-1], each)) for each in items or ()}
    return (
        response.ok and items is not None and len(items) < _PAGE and str(values[operation.parameters[-1]]) not in keys
    )


def _names_organization(session: Session, operation: Operation, values: PathValues) -> bool:
    """Return whether an object has a URL below its organization. Users may be members of several."""
    found = as_object(session.read(operation, values).body)
    beginning = f"/organizations/{values[_ORGANIZATION]}/"
    return any(beginning in str(value) for name, value in found.items() if name.endswith("url"))


def _check_list(session: Session, operation: Operation, own: frozenset[str]) -> None:
    """Search a list without an organization in its path for objects of others."""
    if operation.parameters or not operation.needs_token:
        return
    response = session.read(operation, {}, query={"per_page": 100} if "per_page" in operation.query else None)
    if not response.ok or not is_array(response.body):
        return
    session.count("foreign_object_found")
    for item in response.body:
        url = as_object(item).get("url")
        parts = str(url).split("/organizations/")
        if len(parts) > 1 and parts[1].split("/")[0] not in own:
            message = "the list contains an object of another organization"
            session.record_failure("foreign_object_found", "BK206", message, response)
            return
