"""Revocation of a token, the last check of the phase *access*."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Final

from ..objects import ObjectSelector, PathValues, identifier_of
from ..page_items import items_of
from ..permissions import REVOCATION
from ..spec import Operation
from ..traffic import Session

_CHECK: Final = "revoked_token_accepted"
_CODE: Final = "BK207"
#: Requests before and after the revocation.
_READS: Final = 45
#: Operations that are tried with `HEAD`, too.
_HEADS: Final = 4


def check_revocation(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Revoke the token of `--revocable-token`: no request may accept it afterwards, and other tokens stay valid.

    Yields the operation that revokes it.
    """
    auth = session.options.revocable_auth
    revocation = next((each for each in selector.spec.operations if (each.method, each.path) == REVOCATION), None)
    if auth is None or revocation is None or not session.options.write:
        return
    yield revocation
    authorization = auth.authorization()
    reads = list(islice(_reads(session, selector, operations), _READS))
    for operation, values in reads:  # what a server remembers of the token must be forgotten, too
        session.send(operation, values, authorization=authorization, is_raw=True)
    revoked = session.send(revocation, {}, authorization=authorization)
    if not revoked.ok:
        message = f"the revocation of a token gets {revoked.status}"
        session.record_failure(_CHECK, _CODE, message, revoked)
        return
    for operation, values in reads:
        response = session.send(operation, values, authorization=authorization, is_raw=True)
        session.count(_CHECK)
        if response.status != 401:
            message = f"{operation.label} with a token that was revoked gets {response.status} instead of 401"
            shown, others = (revoked, response) if revocation in operations else (response, revoked)
            session.record_failure(_CHECK, _CODE, message, shown, [others])
    for operation, values in reads[:_HEADS]:
        response = session.send(operation, values, method="HEAD", authorization=authorization, is_raw=True)
        session.count(_CHECK)
        if response.status != 401:
            message = f"HEAD {operation.path} with a token that was revoked gets {response.status} instead of 401"
            session.record_failure(_CHECK, _CODE, message, revoked, [response])
    reading = selector.spec.find("GET", revocation.path)
    own = None if reading is None else session.send(reading, {}, is_raw=True)
    if own is not None and own.status == 401:
        message = "the revocation of a token has revoked the token of the run, too"
        session.record_failure(_CHECK, _CODE, message, revoked, [own])


def _reads(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[tuple[Operation, PathValues]]:
    """Yield operations that read a known object, with the object: the first of each tag, the second, and so on.

    The tags that are tested come first.
    """
    tested = {each.tag for each in operations}
    tags = dict[str, list[tuple[Operation, PathValues]]]()
    for operation in sorted(selector.spec.operations, key=lambda each: each.tag not in tested):
        if operation.method == "GET" and operation.needs_token:
            objects: list[PathValues] = [*selector.usable(operation)] if operation.parameters else [{}]
            objects = objects or _organizations(session, selector, operation)
            if objects:
                tags.setdefault(operation.tag, []).append((operation, objects[0]))
    for each in zip_longest(*tags.values()):
        yield from (read for read in each if read is not None)


def _organizations(session: Session, selector: ObjectSelector, operation: Operation) -> list[PathValues]:
    """Return the path parameters of an operation on an organization, also in a run that did not need any."""
    listing = selector.spec.find("GET", operation.path.partition("/{")[0])
    if len(operation.parameters) != 1 or listing is None or listing.parameters:
        return []
    name = operation.parameters[0]
    keys = (identifier_of(name, item) for item in items_of(session.read(listing, {}).body) or ())
    return [{name: key} for key in keys if key is not None]
