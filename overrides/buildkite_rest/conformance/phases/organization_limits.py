"""Check of the limit of an organization, which the requests for another one do not count towards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

from ..._base.json_values import as_array, as_object
from ..header_rules import RATE_LIMIT_PREFIXES, Sample
from ..loopback import is_local
from ..objects import ObjectSelector
from ..spec import Operation
from ..traffic import Response, Session

_PREFIX: Final = RATE_LIMIT_PREFIXES[0]
_ORGANIZATIONS: Final = "/v2/organizations"
#: Requests for one organization between two for another one.
_REQUESTS: Final = 4


def check_organization_limit(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Send requests for the organization of the run between two for a foreign one, on a server on this machine.

    The foreign one is compared, because a second process may send requests for that of the run. Yields the operation
    before its requests are sent.
    """
    foreign, listing = session.options.foreign_auth, selector.spec.find("GET", _ORGANIZATIONS)
    tested = next((each for each in operations if each.method == "GET" and each.parameters == ("org",)), None)
    if foreign is None or listing is None or tested is None or not is_local(session.options.base_url):
        return
    yield tested
    authorization = foreign.authorization()
    own = _slugs(session.read(listing, {}))
    others = sorted(_slugs(session.send(listing, {}, authorization=authorization)) - own)
    if not others or not selector.usable(tested):
        return
    first = session.send(tested, {"org": others[0]}, authorization=authorization)
    between = [session.send(tested, selector.usable(tested)[0]) for _ in range(_REQUESTS)]
    last = session.send(tested, {"org": others[0]}, authorization=authorization)
    session.count("rate_limit_wrong")
    before, after = (Sample.read(each.headers, _PREFIX, monotonic()) for each in (first, last))
    if before is None or after is None or after.reset > before.reset:
        return
    if before.remaining - after.remaining > _REQUESTS:
        numbers = f"from {before.remaining} to {after.remaining}"
        message = f"{_PREFIX}-Remaining falls {numbers} by the requests for another organization"
        session.record_failure("rate_limit_wrong", "BK215", message, between[-1], [first, last])


def _slugs(response: Response) -> set[str]:
    """Return the organizations of a list."""
    return {str(as_object(each).get("slug")) for each in as_array(response.body)}
