"""Comparisons of responses while the objects behind them may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import field, frozen

from .traffic import Response, Session

#: Attempts to compare responses while the object does not change.
_ATTEMPTS: Final = 3


@frozen
class Problem:
    """A difference, and the responses that show it."""

    message: str
    response: Response
    before: Sequence[Response] = field(default=())


def report_settled(session: Session, check: str, code: str, compare: Callable[[], list[Problem]]) -> None:
    """Compare responses, again if they differ, and report the last differences. `compare` sends the requests."""
    problems: list[Problem] = []
    for _ in range(_ATTEMPTS):
        session.count(check)
        problems = compare()
        if not problems:
            return
    for each in problems:
        session.record_failure(check, code, each.message, each.response, each.before)
