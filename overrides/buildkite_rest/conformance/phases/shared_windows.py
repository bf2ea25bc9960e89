"""Check that the APIs of one organization, such as that of Test Engine, share its limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from time import monotonic
from typing import Final

from ..header_rules import RATE_LIMIT_PREFIXES, Sample
from ..objects import ObjectSelector
from ..spec import Operation
from ..traffic import Session

_CHECK: Final = "rate_limit_wrong"
_CODE: Final = "BK215"
#: Reads the organization itself. The paths of other APIs have a word before `organizations`.
_ORGANIZATION: Final = "/v2/organizations/{org}"
_PATH: Final = "/organizations/{org}/"
_ORG: Final = "org"


def check_shared_windows(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Send a request to each other API between two for the organization. Yields the operation before."""
    base = selector.spec.find("GET", _ORGANIZATION)
    for operation in _first_of_each_api(operations):
        found = next(iter(selector.usable(operation)), None)
        if base is None or found is None:
            continue
        yield operation
        waited, own = session.schedule.waited, {_ORG: found[_ORG]}
        before, between = session.send(base, own), session.send(operation, found)
        responses = (before, between, session.send(base, own))
        session.count(_CHECK)
        if session.schedule.waited > waited or not all(each.ok for each in responses):
            continue
        for prefix in RATE_LIMIT_PREFIXES:
            samples = [Sample.read(each.headers, prefix, monotonic()) for each in responses]
            for one, other in pairwise(samples):
                if one is None or other is None or other.reset > one.reset:
                    break
                if other.remaining > one.remaining:
                    numbers = f"from {one.remaining} to {other.remaining}"
                    message = f"{prefix}-Remaining rises {numbers} between {base.id} and {operation.id}"
                    session.record_failure(_CHECK, _CODE, message, between, [before])
                    break


def _first_of_each_api(operations: Sequence[Operation]) -> Iterator[Operation]:
    seen: set[str] = set()
    for operation in operations:
        api, is_within, _ = operation.path.partition(_PATH)
        is_other = bool(is_within) and not _ORGANIZATION.startswith(f"{api}{_PATH[:-1]}")
        if is_other and operation.method == "GET" and operation.needs_token and api not in seen:
            seen.add(api)
            yield operation
