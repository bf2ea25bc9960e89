"""Rules of rate limits: their headers fit together, and fall with each request of their window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

from attrs import frozen

from ..exchange import Exchange
from . import Context, rule

#: Prefixes of the headers of the limits of an organization and of a user.
_ORGANIZATION, _USER = "RateLimit", "RateLimit-User"
#: Seconds by which a clock of whole seconds may differ.
_TOLERANCE: Final = 2
#: Digits of a number. `int` rejects thousands of them.
_DIGITS: Final = 19


@frozen
class _Sample:
    """The state of a limit after an exchange."""

    time: float
    limit: int
    remaining: int
    reset: int
    requests: int
    """Number of requests of the run that may count towards the limit."""


@rule("rate_limit_wrong")
def rate_limits(exchange: Exchange, context: Context) -> Iterator[str]:
    """The requests that remain fall with each request until the reset, which comes nearer."""
    memory = context.remembered("rate_limits")
    organization = exchange.values.get("org")
    sent = memory.setdefault("sent", Counter[Any]())
    sent[organization if exchange.ok else None] += 1
    elsewhere = sum(number for name, number in sent.items() if name not in {None, organization})
    for prefix, key in ((_USER, exchange.request.credential), (_ORGANIZATION, organization)):
        sample = _sample(exchange, prefix, sent.total() - elsewhere)
        if sample is None or key is None:
            continue
        before = memory.get((prefix, key))
        memory[prefix, key] = sample
        if sample.remaining > sample.limit or sample.limit == 0:
            yield f"{prefix}-Remaining is {sample.remaining} of a limit of {sample.limit}"
        if sample.remaining > 0 and f"{prefix}-Warning" in exchange.headers:
            yield f"{prefix}-Warning is sent while {sample.remaining} requests remain"
        if before is not None:
            yield from _course(prefix, before, sample, is_alone=context.is_local and prefix == _ORGANIZATION)


def _course(prefix: str, before: _Sample, after: _Sample, *, is_alone: bool) -> Iterator[str]:
    """Compare two samples of a window, in which only the run sends requests if it is alone."""
    passed = after.time - before.time
    if passed >= before.reset - _TOLERANCE:
        return  # the window may have ended
    if before.limit != after.limit:
        yield f"{prefix}-Limit changes from {before.limit} to {after.limit}"
    if abs(before.reset - after.reset - passed) > _TOLERANCE:
        yield f"{prefix}-Reset falls from {before.reset} to {after.reset} in {passed:.0f} seconds"
    fall, requests = before.remaining - after.remaining, after.requests - before.requests
    if fall < 0:
        yield f"{prefix}-Remaining rises from {before.remaining} to {after.remaining} before the reset"
    elif fall == 0 and before.remaining > 0:
        yield f"{prefix}-Remaining does not fall with a request"
    elif fall > requests and is_alone:
        yield f"{prefix}-Remaining falls by {fall} with {requests} requests"


def _sample(exchange: Exchange, prefix: str, requests: int) -> _Sample | None:
    texts = [exchange.headers.get(f"{prefix}-{name}") for name in ("Limit", "Remaining", "Reset")]
    if not all(text is not None and text.isascii() and text.isdecimal() and len(text) < _DIGITS for text in texts):
        return None
    limit, remaining, reset = (int(str(text)) for text in texts)
    return _Sample(monotonic(), limit, remaining, reset, requests)
