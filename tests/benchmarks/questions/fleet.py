"""Processes that share a rate limit, and know of each other from the headers of their responses only."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import attrs

from ..lab import Lab, in_child
from ..measure import number
from ..paths import ROOT
from ..report import Bar, Result, Table

PROCESSES = 10
LIMIT = 120
PACED, UNPACED, RESERVED = "`RateLimitPacing()`", "without pacing", "`RateLimitPacing(reserve=0.1)`"
_OPTIONS: dict[str, dict[str, float] | None] = {UNPACED: None, PACED: {}, RESERVED: {"reserve": 0.1}}
_START_SECONDS = 8  # so that all processes have started


def calls_of_a_process(url: str, token: str, calls: int, pacing: dict[str, float] | None, start: float) -> list[float]:
    """Make calls from the time `start` on. Return when the last one ended, and how many requests were refused."""
    from buildkite_rest import Buildkite, RateLimitError, RateLimitPacing, Wait

    refused = 0

    def count(wait: Wait) -> None:
        nonlocal refused
        refused += isinstance(wait.error, RateLimitError)

    paced = None if pacing is None else RateLimitPacing(**pacing)
    with Buildkite(token, base_url=url, pacing=paced, on_wait=count, max_retries=20) as client:
        client.meta.get()  # it has no rate limit: the connection is open
        time.sleep(max(0.0, start - time.time()))
        for _ in range(calls):
            client.user.get()
        return [time.time(), refused]


@attrs.frozen
class Fleet:
    """What the processes did."""

    seconds: float
    """From the common start to the end of the last process."""
    refused: float
    """Share of the requests that were answered with 429."""
    unevenness: float
    """End of the last process ÷ end of the first."""


@contextlib.contextmanager
def limited(lab: Lab, window: int) -> Iterator[tuple[str, str]]:
    """Start a mock server, and yield its URL and a token."""
    command = [lab.tools.absolute(), "-m", "tests.benchmarks.limited_mock", str(LIMIT), str(window)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url, token = process.stdout.readline().split()
        yield url, token
        process.stdin.close()


def run(lab: Lab, window: int, calls: int, index: int) -> Fleet:
    """Let ten processes make their calls under one limit, with the pacing of this index."""
    pacing = tuple(_OPTIONS.values())[index]
    time.sleep(index * min(2, window / len(_OPTIONS)))  # the fleets run at the same time, and send in different seconds
    with limited(lab, window) as (url, token), ThreadPoolExecutor(PROCESSES) as threads:
        start = time.time() + _START_SECONDS
        arguments = (url, token, calls, pacing, start)
        call = partial(in_child, "questions.fleet:calls_of_a_process", *arguments)
        ended: list[Any] = list(threads.map(lambda _: call(), range(PROCESSES)))
    ends = [end - start for end, _ in ended]
    refused = sum(count for _, count in ended)
    return Fleet(max(ends), refused / (PROCESSES * calls + refused), max(ends) / min(ends))


def measure(lab: Lab) -> Result:
    window, calls = (2, 13) if lab.quick else (20, 36)
    with ThreadPoolExecutor() as threads:
        found = threads.map(partial(run, lab, window, calls), range(len(_OPTIONS)))
        fleets = dict(zip(_OPTIONS, found, strict=True))
    least = window * (PROCESSES * calls // LIMIT - (PROCESSES * calls % LIMIT == 0))
    paced = fleets[PACED]
    return Result(
        question="How do processes share a rate limit?",
        summary=f"{PROCESSES} processes make {calls} calls each, under a limit of {LIMIT} requests in {window} s. The"
        f" first call of the last window begins after {least} s. With pacing the last call ends after"
        f" {number(paced.seconds)} s, and {paced.refused:.1%} of the requests get a 429 instead of"
        f" {fleets[UNPACED].refused:.1%}.",
        tables=[
            Table(
                ["", "seconds", "429", "last end ÷ first end"],
                [
                    [name, number(each.seconds), f"{each.refused:.1%}", number(each.unevenness)]
                    for name, each in fleets.items()
                ],
            )
        ],
        bars=[
            Bar(
                "paced calls under a shared limit ÷ time that the limit allows",
                paced.seconds / least,
                1.10,
                tolerance=0.05,
            ),
            Bar("paced requests with a 429", 100 * paced.refused, 2, "%"),
            Bar("end of the last paced process ÷ end of the first", paced.unevenness, 1.3),
        ],
    )
