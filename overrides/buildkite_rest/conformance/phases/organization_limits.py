"""Check of the limit of an organization, which the requests for another one do not count towards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

from ..header_rules import RATE_LIMIT_PREFIXES, Sample
from ..loopback import is_local
from ..objects import ObjectSelector
from ..other_organizations import other_organization
from ..spec import Operation
from ..traffic import Session

_PREFIX: Final = RATE_LIMIT_PREFIXES[0]
#: Requests for one organization between two for another one.
_REQUESTS: Final = 4


def check_organization_limit(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Send requests for the organization of the run between two for a foreign one, on a server on this machine.

    The foreign one is compared, because a second process may send requests for that of the run. Yields the operation
    before its requests are sent.
    """
    tested = next((each for each in operations if each.method == "GET" and each.parameters == ("org",)), None)
    if tested is None or not is_local(session.options.base_url) or session.options.foreign_auth is None:
        return
    yield tested
    other = other_organization(session, selector.spec)
    if other is None or not selector.usable(tested):
        return
    first = session.send(tested, {"org": other.slug}, authorization=other.authorization)
    between = [session.send(tested, selector.usable(tested)[0]) for _ in range(_REQUESTS)]
    last = session.send(tested, {"org": other.slug}, authorization=other.authorization)
    session.count("rate_limit_wrong")
    before, after = (Sample.read(each.headers, _PREFIX, monotonic()) for each in (first, last))
    if before is None or after is None or after.reset > before.reset:
        return
    if before.remaining - after.remaining > _REQUESTS:
        numbers = f"from {before.remaining} to {after.remaining}"
        message = f"{_PREFIX}-Remaining falls {numbers} by the requests for another organization"
        session.record_failure("rate_limit_wrong", "BK215", message, between[-1], [first, last])
