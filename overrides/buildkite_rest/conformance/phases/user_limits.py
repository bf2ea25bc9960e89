"""Check of the limit of a user, which the requests of other users do not count towards."""

from __future__ import annotations

from time import monotonic
from typing import Final

from ..._base.json_values import as_object
from ..header_rules import RATE_LIMIT_PREFIXES, Sample
from ..loopback import is_local
from ..objects import PathValues
from ..spec import Operation, Spec
from ..traffic import Session

_PREFIX: Final = RATE_LIMIT_PREFIXES[1]
#: Path of the token of a request, which any token may read.
_SELF: Final = "/v2/access-token"
#: Requests of one user between two of another one.
_REQUESTS: Final = 4


def check_user_limit(session: Session, spec: Spec, limited: Operation, values: PathValues) -> None:
    """Send requests with the token of the run between two with that of another user, on a server on this machine.

    Args:
        session: The session.
        spec: The spec.
        limited: A tested operation, for which a failure is recorded.
        values: Its path parameters.
    """
    reading = spec.find("GET", _SELF)
    if reading is None or not is_local(session.options.base_url) or not session.options.limited_auths:
        return
    own = session.send(reading, {})
    for auth in session.options.limited_auths:
        before = session.send(reading, {}, authorization=auth.authorization())
        if not before.ok or as_object(before.body).get("user") == as_object(own.body).get("user"):
            continue
        between = [session.send(limited, values) for _ in range(_REQUESTS)]
        after = session.send(reading, {}, authorization=auth.authorization())
        first, second = (Sample.read(each.headers, _PREFIX, monotonic()) for each in (before, after))
        session.count("rate_limit_wrong")
        if first is None or second is None or second.reset > first.reset:
            return
        if first.remaining - second.remaining > _REQUESTS:
            numbers = f"from {first.remaining} to {second.remaining}"
            message = f"{_PREFIX}-Remaining falls {numbers} by the requests of another user"
            session.record_failure("rate_limit_wrong", "BK215", message, between[-1], [before, after])
        return
