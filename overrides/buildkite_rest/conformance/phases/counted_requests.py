"""Check that requests with any method count towards the limits, also those that get an error."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Final

from ..header_rules import RATE_LIMIT_PREFIXES, Sample
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..spec import Operation
from ..traffic import Response, Session
from .errors import unknown

_CHECK: Final = "rate_limit_wrong"
_CODE: Final = "BK215"


def check_counted(
    session: Session, selector: ObjectSelector, limited: Operation, values: PathValues, operations: Sequence[Operation]
) -> None:
    """Send a request with each method for an unknown object between two reads, on a server on this machine.

    Args:
        session: The session.
        selector: The known objects.
        limited: A read.
        values: Its path parameters.
        operations: The tested operations, of which the first with each method is used.
    """
    if not is_local(session.options.base_url):
        return
    by_method = {each.method: each for each in reversed(operations) if len(each.parameters) > 1}
    for operation in by_method.values():
        found = next(iter(selector.usable(operation)), None)
        if found is None:
            continue
        last = operation.parameters[-1]
        target = {**found, last: unknown(found[last])}
        body = operation.body_examples[0] if operation.body_examples else None
        if not operation.is_read_only and not session.allows(operation, target, body=body):
            continue
        waited = session.schedule.waited
        before = session.send(limited, values)
        between = session.send(operation, target, body=body)
        after = session.send(limited, values)
        if session.schedule.waited == waited and before.ok and after.ok:
            session.count(_CHECK)
            for prefix in RATE_LIMIT_PREFIXES:
                _check(session, prefix, before, between, after)


def _check(session: Session, prefix: str, before: Response, between: Response, after: Response) -> None:
    first, second = (Sample.read(each.headers, prefix, monotonic()) for each in (before, after))
    if first is None or second is None or second.reset > first.reset or first.limit != second.limit:
        return
    if first.remaining > 1 and first.remaining - second.remaining < 2:
        method = between.operation.method
        message = f"{prefix}-Remaining falls from {first.remaining} to {second.remaining} with a {method} in between"
        session.record_failure(_CHECK, _CODE, message, between, [before, after])
