"""Requests of a client to a pacer, without a client."""

from collections.abc import Mapping
from math import inf

from buildkite_rest._policy.pacing import Pacer, Pause, Turn


def claim(pacer: Pacer, organization: str | None, now: float, max_pause: float = 1000.0) -> float:
    """Let a request to `organization` take its turn, and return its first pause."""
    return seconds(pacer.pause(pacer.new_turn(organization), now, max_pause=max_pause))


def seconds(pause: Pause | None) -> float:
    """Return the seconds of a pause, infinity for one that depends on a response, and 0 for none."""
    if pause is None:
        return 0.0
    return inf if pause.is_poll else pause.seconds


def observe(pacer: Pacer, headers: Mapping[str, str], organization: str | None, now: float) -> None:
    """Let a request to `organization` have a response with these headers."""
    pacer.observe(pacer.new_turn(organization), headers, now, is_accepted=True)


def headers(remaining: int, reset: int = 60, limit: int = 10) -> dict[str, str]:
    """Return the headers of the limit of an organization."""
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


def send(pacer: Pacer, now: float) -> Turn:
    """Let a request to `acme` be sent, and return its turn."""
    turn = pacer.new_turn("acme")
    assert pacer.pause(turn, now, max_pause=1000) is None
    return turn
