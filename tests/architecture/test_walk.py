"""A trace of calls of the client: the functions of both packages that one page of a list passes through."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Final

import httpx
from attrs import field, frozen

from buildkite_rest import Buildkite, RetryPolicy, Timing

_PACKAGES: Final = ("buildkite_rest.", "_buildkite_rest.")


@frozen
class Walk:
    """The functions that were entered, in order: module and name."""

    calls: list[tuple[str, str]] = field(factory=list)
    _frames: set[FrameType] = field(factory=set)
    """Those that were entered: a generator is entered again for each item."""

    @property
    def functions(self) -> set[tuple[str, str]]:
        """Each function once."""
        return set(self.calls)

    @property
    def modules(self) -> set[str]:
        """Modules of the functions."""
        return {module for module, _ in self.calls}

    @property
    def switches(self) -> int:
        """How often a function is entered that is in another module than the one entered before."""
        return sum(one[0] != other[0] for one, other in zip(self.calls, self.calls[1:], strict=False))

    def record(self, frame: FrameType, event: str, _: Any) -> None:
        """Record a function that is entered for the first time in its frame."""
        module = frame.f_globals.get("__name__", "")
        if (
            event == "call"
            and frame not in self._frames
            and module.startswith(_PACKAGES)
            and not frame.f_code.co_name.startswith("<")
        ):
            self._frames.add(frame)
            self.calls.append((module, frame.f_code.co_qualname))


def walk(*statuses: int) -> Walk:
    """Return the trace of a call of `builds.list` for a page, whose requests get these statuses in turn."""
    left = list(statuses)

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(left.pop(0), json=[])

    timing = Timing(sleep=lambda _: None)
    with httpx.Client(transport=httpx.MockTransport(respond)) as http_client:
        bk = Buildkite("token", http_client=http_client, timing=timing, retries=RetryPolicy(random=lambda: 0.0))

        def call() -> None:
            for _ in bk.builds.list("acme", "web"):
                pass

        left[:] = [*statuses, *statuses]
        call()  # what is imported or cached at the first use
        found = Walk()
        sys.setprofile(found.record)
        try:
            call()
        finally:
            sys.setprofile(None)
    return found


def test_one_page_of_a_list():
    found = walk(200)
    assert len(found.functions) <= 50
    assert len(found.modules) <= 14
    assert found.switches <= 30


def test_a_page_after_a_retry():
    assert len(walk(503, 200).functions) <= 85
