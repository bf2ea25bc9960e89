"""The log of a job: the bytes, how they grow while the job runs, and the forms in which they are served."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from ..clock import iso
from ..ids import chance
from .builds import Job

if TYPE_CHECKING:
    from .world import World

#: A group header, after the time in milliseconds that the agent puts at the beginning of each line.
_HEADER = re.compile(rb"^\x1b_bk;t=(\d+)\x07(?:~~~|---|\+\+\+) ", re.MULTILINE)
_COLOR = re.compile(r"\x1b\[([\d;]*)m")
#: Times of the agent, control sequences other than colours, and either of them where a running log is cut off.
_INVISIBLE = re.compile(r"\x1b_[^\x07\x1b]*\x07?|\x1b\[[\d;?]*(?:[A-Za-ln-z]|\Z)|\x1b\Z")
_COLORS = {"31": "term-fg31", "32": "term-fg32", "33": "term-fg33", "90": "term-fgi90"}
_MOST_LINES = 400
#: One log in so many has bytes that are not UTF-8.
_BROKEN_TEXT_SHARE = 0.1


def log(world: World, job: Job) -> bytes:
    """Return the log of a job up to now, or up to its end."""
    if job.started_at is None or job.agent is None or job.log_deleted:
        return b""
    whole = _whole(job)
    if job.build.pace is None:
        return whole if job.finished_at is not None else whole[: len(whole) // 2]
    until = world.clock() if job.finished_at is None else job.finished_at
    run = job.build.pace.run
    progress = min(1.0, (until - job.started_at) / run) if run else 1.0
    return whole[: int(len(whole) * progress)]


def header_times(log: bytes) -> list[int]:
    """Return when each group of a log began, in nanoseconds since the epoch."""
    return [int(match[1]) * 1_000_000 for match in _HEADER.finditer(log)]


def text(log: bytes) -> str:
    """Return the log as text; bytes that are not UTF-8 are replaced."""
    return log.decode("utf-8", "replace")


def rendered(log: bytes) -> str:
    """Return the log as HTML: colours as classes, other control sequences left out."""
    parts: list[str] = []
    spans = 0
    end = 0
    source = "\n".join(map(_last_written, _INVISIBLE.sub("", text(log)).split("\n")))
    for match in _COLOR.finditer(source):
        parts.append(html.escape(source[end : match.start()]))
        end = match.end()
        color = _COLORS.get(match[1])
        if color is not None:
            parts.append(f'<span class="{color}">')
            spans += 1
        else:
            parts.append("</span>" * spans)
            spans = 0
    parts.append(html.escape(source[end:]) + "</span>" * spans)
    return "".join(parts)


def _last_written(line: str) -> str:
    """Return a line without what a carriage return let the rest of it overwrite."""
    written = line.rstrip("\r")
    return written.rpartition("\r")[2] + line[len(written) :]


def _whole(job: Job) -> bytes:
    luck = chance("log", job.id)
    agent = job.agent.name if job.agent is not None else "nobody"
    command = job.step.command or ""
    lines = [
        "~~~ Preparing working directory",
        f"\x1b[90m$\x1b[0m cd /var/lib/buildkite-agent/builds/{agent}/{job.build.pipeline.slug}",
        "remote: Counting objects:  50% (1/2)\rremote: Counting objects: 100% (2/2), done.\x1b[K",
        f"\x1b[90m$\x1b[0m git checkout -f {job.build.commit}",
        "~~~ Running commands",
        f"\x1b[90m$\x1b[0m {command}",
        "--- :gear: Setup",
        f"Started at {iso(job.started_at or 0)}",
        f"+++ :hammer: {job.step.name or command}",
    ]
    lines += [f"example {number} \x1b[32mok\x1b[0m & <done>" for number in range(luck.randint(0, _MOST_LINES))]
    if job.exit_status:
        lines.append(f"\x1b[31m🚨 Error: The command exited with status {job.exit_status}\x1b[0m")
    contents = [line.encode() for line in lines]
    if luck.random() < _BROKEN_TEXT_SHARE:
        contents.append(b"\xff\xfe not text")
    begin, step = (job.started_at or 0) * 1000, _seconds(job) * 1000 / len(contents)
    times = [int(begin + step * number) for number in range(len(contents))]
    return b"".join(b"\x1b_bk;t=%d\x07%s\r\n" % pair for pair in zip(times, contents, strict=True))


def _seconds(job: Job) -> float:
    """Return how long a job runs from its start to its end, which may not have come yet."""
    if job.build.pace is not None:
        return job.build.pace.run
    return 0.0 if job.finished_at is None else job.finished_at - (job.started_at or 0)
