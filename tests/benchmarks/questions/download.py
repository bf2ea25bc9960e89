"""Speed and memory of a large download."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .. import clients
from ..lab import Lab, in_child
from ..measure import number, take_turns
from ..report import Bar, Result, Table
from ..server import serving

OURS = "`artifacts.download`: file, size and SHA-1"
OURS_ASYNC = "`await artifacts.download`: the same"
SAME = "bare httpx: file and SHA-1"
ARTIFACT = "/v2/organizations/acme/jobs/job/artifacts/zeros-{}"
IN_MEMORY = Path("/dev/shm")
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
SAME_ASYNC = "bare httpx, async: file and SHA-1"


def ours(url: str, size: int, to: Path) -> None:
    with clients.ours(url) as client:
        client.artifacts.download("acme", "job", f"zeros-{size}", to=to)


def ours_async(url: str, size: int, to: Path) -> None:
    import asyncio

    async def download() -> None:
        async with clients.ours_async(url) as client:
            await client.artifacts.download("acme", "job", f"zeros-{size}", to=to)

    asyncio.run(download())


def bare(url: str, size: int, to: Path) -> None:
    """Do the same work as `download`: request the artifact, its URL, and the file."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    path = ARTIFACT.format(size)
    with clients.bare(url) as client:
        artifact = clients.loaded(client.get(path))
        location = client.get(f"{path}/download").json()["url"]
        with client.stream("GET", location) as response, to.open("wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                sha1.update(chunk)
    if sha1.hexdigest() != artifact["sha1sum"]:
        raise RuntimeError("the SHA-1 is wrong")


def bare_async(url: str, size: int, to: Path) -> None:
    import asyncio

    async def download() -> None:
        sha1 = hashlib.sha1(usedforsecurity=False)
        path = ARTIFACT.format(size)
        async with clients.bare(url, "AsyncClient") as client:
            artifact = clients.loaded(await client.get(path))
            location = (await client.get(f"{path}/download")).json()["url"]
            async with client.stream("GET", location) as response:
                with to.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
                        sha1.update(chunk)
        if sha1.hexdigest() != artifact["sha1sum"]:
            raise RuntimeError("the SHA-1 is wrong")

    asyncio.run(download())


DOWNLOADS: dict[str, Callable[[str, int, Path], None]] = {
    OURS: ours,
    OURS_ASYNC: ours_async,
    SAME: bare,
    SAME_ASYNC: bare_async,
}
#: The contender that the speed of each is compared with.
BASES = {OURS: SAME, OURS_ASYNC: SAME_ASYNC, SAME: SAME, SAME_ASYNC: SAME_ASYNC}


def scratch(size: int) -> Path | None:
    """Return a folder in memory with room for files of `size`, if there is one, because disks write at random times."""
    return IN_MEMORY if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 4 * size else None


def download(name: str, url: str, size: int) -> tuple[float, float, float]:
    """Return the seconds of wall and processor time of a download, and the growth of memory in MB."""
    with tempfile.TemporaryDirectory(dir=scratch(size)) as folder:
        to = Path(folder) / "zeros"
        DOWNLOADS[name](url, 1 << 20, to)
        to.unlink()  # In the file system, replacing a file takes longer than writing a new one.
        forget()
        held = held_now()
        start, start_cpu = time.perf_counter(), time.process_time()
        DOWNLOADS[name](url, size, to)
        elapsed, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        if to.stat().st_size != size:
            raise RuntimeError(f"{name} has downloaded a part only")
        return elapsed, cpu, held_at_most() - held


def measure(lab: Lab) -> Result:
    size = 1 << 26 if lab.quick else 1 << 30
    with serving() as url:
        in_child("questions.download:download", OURS, url, size)  # the server computes the SHA-1 once
        downloads = {name: partial(in_child, "questions.download:download", name, url, size) for name in DOWNLOADS}
        wall, processor, growths = take_turns(downloads, lab.rounds(2))
    target = "into memory" if scratch(size) else "to a disk, because `/dev/shm` has no room"
    # Over loopback and into memory there is little waiting, so a download is mostly processor time.
    speed, speed_async = processor.best_ratio(SAME, OURS), processor.best_ratio(SAME_ASYNC, OURS_ASYNC)
    growth = max(growths.of[OURS] + growths.of[OURS_ASYNC])
    rows = [
        [
            name,
            str(processor.ratio(BASES[name], name)),
            number(processor.best_ratio(BASES[name], name)),
            number(size / 1e6 / min(wall.of[name])),
            number(max(growths.of[name])),
        ]
        for name in DOWNLOADS
    ]
    head = ["download", "speed by processor time", "in the best round", "MB/s, best", "growth of memory, MB"]
    bar = partial(Bar, limit=0.9, at_least=True, tolerance=0.05)
    return Result(
        question="How fast is a large download?",
        summary=f"Bare httpx doing the same work takes {speed:.2f} times the processor time for a gigabyte"
        f" ({speed_async:.2f} times if both are asynchronous), and memory grows by at most {growth:.0f} MB. The file is"
        f" written {target}.",
        tables=[Table(head, rows)],
        bars=[
            bar("1 GB: speed by processor time ÷ bare httpx, file and SHA-1, best rounds", speed),
            bar("1 GB, async: speed by processor time ÷ bare httpx, async", speed_async),
            Bar("1 GB: growth of memory", growth, 20, "MB", timed=False),
        ],
    )


def held_now() -> float:
    """Return the megabytes in use by this process."""
    return _field("VmRSS")


def held_at_most() -> float:
    """Return the peak megabytes of this process, since `forget` where Linux allows that."""
    return _field("VmHWM")


def forget() -> None:
    """Reset the peak."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")


def _field(name: str) -> float:
    lines = _STATUS.read_text().splitlines() if _STATUS.exists() else []
    for line in lines:
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError("memory is measured on Linux only")
