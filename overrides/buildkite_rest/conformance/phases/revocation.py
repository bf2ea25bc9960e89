"""Revocation of a token, the last check of the phase *access*."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..objects import ObjectSelector, PathValues
from ..permissions import REVOCATION
from ..spec import Operation
from ..traffic import Session


def check_revocation(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Revoke the token of `--revocable-token`: no request may accept it afterwards, and other tokens stay valid.

    Yields the operation that revokes it.
    """
    auth = session.options.revocable_auth
    revocation = next((each for each in operations if (each.method, each.path) == REVOCATION), None)
    if auth is None or revocation is None:
        return
    yield revocation
    authorization = auth.authorization()
    reads = list(_reads(selector))
    for operation, values in reads:  # what a server remembers of the token must be forgotten, too
        session.send(operation, values, authorization=authorization, is_raw=True)
    revoked = session.send(revocation, {}, authorization=authorization)
    if not revoked.ok:
        message = f"the revocation of a token gets {revoked.status}"
        session.record_failure("revoked_token_accepted", "BK207", message, revoked)
        return
    for operation, values in reads:
        response = session.send(operation, values, authorization=authorization, is_raw=True)
        session.count("revoked_token_accepted")
        if response.status != 401:
            message = f"{operation.label} with a token that was revoked gets {response.status} instead of 401"
            session.record_failure("revoked_token_accepted", "BK207", message, revoked, [response])
    reading = selector.spec.find("GET", revocation.path)
    own = None if reading is None else session.send(reading, {}, is_raw=True)
    if own is not None and own.status == 401:
        message = "the revocation of a token has revoked the token of the run, too"
        session.record_failure("revoked_token_accepted", "BK207", message, revoked, [own])


def _reads(selector: ObjectSelector) -> Iterator[tuple[Operation, PathValues]]:
    """Return an operation of each tag that reads a known object, and the object."""
    tags = set[str]()
    for operation in selector.spec.operations:
        if operation.method == "GET" and operation.needs_token and operation.tag not in tags:
            objects: Sequence[PathValues] = selector.usable(operation) if operation.parameters else [{}]
            if objects:
                tags.add(operation.tag)
                yield operation, objects[0]
