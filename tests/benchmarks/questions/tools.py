"""Tools and clients that are not in Python, where they are installed: curl, wrk and go-buildkite."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial

import msgspec

from .. import clients
from ..lab import Lab
from ..measure import Samples, number, turns
from ..paths import GO_DECODE
from ..report import Result, Table
from ..server import serving
from ..site import compact, organization, page
from .calls import check

CURL_ONE, CURL_LOOP = "curl, a process for each", "curl, one process"
WRK = "wrk, one connection"
WRK_MANY = "wrk, 8 connections"
GO = "go-buildkite, `encoding/json`"
OURS_DECODE = "buildkite-rest, typed"
NOT_INSTALLED = "not installed"
_PER_SECOND = re.compile(r"Requests/sec:\s+([0-9.]+)")


def per_second(work: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def loop(call: clients.Call, count: int) -> None:
    for _ in range(count):
        call()


def curl(url: str, count: int) -> None:
    """Request the same URL over one connection."""
    urls = [argument for _ in range(count) for argument in ("--output", "/dev/null", url)]
    header = f"Authorization: Bearer {clients.TOKEN}"
    subprocess.run(["curl", "--silent", "--fail", "--header", header, *urls], check=True)


def wrk(url: str, connections: int, seconds: int) -> float:
    """Return the requests per second of concurrent connections."""
    header = f"Authorization: Bearer {clients.TOKEN}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", header, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(_PER_SECOND.findall(done.stdout)[0])


def requests(lab: Lab, url: str) -> tuple[Samples, list[str]]:
    """Return the requests per second of each tool, and the names of those that are not installed."""
    org, count = organization(), 20 if lab.quick else 200
    target = f"{url}/v2/organizations/{org}/pipelines/web/builds/1"
    call = clients.get_build(url, org)[clients.OURS]
    check(clients.OURS, call(), msgspec.json.decode(page(10, 1))[0])
    work: dict[str, Callable[[], float]] = {
        clients.OURS: partial(per_second, partial(loop, call, count), count),
    }
    if shutil.which("curl"):
        work[CURL_ONE] = partial(per_second, partial(loop, partial(curl, target, 1), 10), 10)
        work[CURL_LOOP] = partial(per_second, partial(curl, target, count), count)
    if shutil.which("wrk"):
        work[WRK] = partial(wrk, target, 1, 1)
        work[WRK_MANY] = partial(wrk, target, 8, 1)
    missing = [name for name in (CURL_ONE, CURL_LOOP, WRK, WRK_MANY) if name not in work]
    return turns(work, lab.rounds(2, 4)), missing


def decoders(lab: Lab) -> tuple[Samples, list[str]]:
    """Return the milliseconds of each decoder for a page of builds."""
    from _buildkite_rest.operations.builds import LIST_BUILDS
    from buildkite_rest._decoding.decoder import Decoder

    content, decoder = page(10, 100), Decoder(strict=True)

    def ours() -> float:
        start = time.process_time()
        decoder.decode(LIST_BUILDS, content)
        return 1e3 * (time.process_time() - start)

    def go() -> float:
        return float(subprocess.run([GO_DECODE, "20"], input=content, check=True, capture_output=True).stdout)

    ours()
    work = {OURS_DECODE: ours, **({GO: go} if GO_DECODE.exists() else {})}
    return turns(work, lab.rounds(5, 15)), [] if GO_DECODE.exists() else [GO]


def rows(samples: Samples, base: str, missing: list[str]) -> list[list[str]]:
    measured = [[name, str(samples.ratio(name, base)), number(samples.median(name))] for name in samples.of]
    return measured + [[name, NOT_INSTALLED, NOT_INSTALLED] for name in missing]


def measure(lab: Lab) -> Result:
    with serving() as url:
        rates, no_tool = requests(lab, url)
    times, no_decoder = decoders(lab)
    size = len(compact(msgspec.json.decode(page(10, 1))[0])) / 1e3
    return Result(
        question="How do tools in other languages compare?",
        summary="They show what the server and the machine allow: curl and wrk do not decode the build of"
        f" {size:.0f} kB that they request. The time of go-buildkite is the wall time of one goroutine.",
        tables=[
            Table(["requests", "ratio", "per second"], rows(rates, clients.OURS, no_tool)),
            Table(["decoding a page of 100 builds", "ratio", "ms"], rows(times, OURS_DECODE, no_decoder)),
        ],
    )
