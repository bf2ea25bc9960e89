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

_HEADER = re.compile(rb"^(?:~~~|---|\+\+\+) ", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[([\d;]*)m")
_COLORS = {"31": "term-fg31", "32": "term-fg32", "33": "term-fg33", "90": "term-fgi90"}
_MOST_LINES = 400
#: One log in so many has bytes that are not UTF-8.
_BROKEN_TEXT_SHARE = 0.1


def log(world: World, job: Job) -> bytes:
    """Return the log of a job up to now."""
    if job.started_at is None or job.agent is None or job.log_deleted:
        return b""
    whole = _whole(job)
    if job.finished_at is not None:
        return whole
    run = job.build.pace.run if job.build.pace is not None else 0.0
    progress = min(1.0, (world.clock() - job.started_at) / run) if run else 0.5
    return whole[: int(len(whole) * progress)]


def header_times(job: Job, log: bytes) -> list[int]:
    """Return when each group of the log began, in nanoseconds since the epoch."""
    begin = int((job.started_at or 0) * 1000) * 1_000_000
    return [begin + 137_000_000 * index for index, _ in enumerate(_HEADER.finditer(log))]


def text(log: bytes) -> str:
    """Return the log as text; bytes that are not UTF-8 are replaced."""
    return log.decode("utf-8", "replace")


def rendered(log: bytes) -> str:
    """Return the log as HTML, with colours as classes."""
    parts: list[str] = []
    spans = 0
    end = 0
    source = text(log)
    for match in _ANSI.finditer(source):
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


def _whole(job: Job) -> bytes:
    luck = chance("log", job.id)
    agent = job.agent.name if job.agent is not None else "nobody"
    command = job.step.command or ""
    lines = [
        "~~~ Preparing working directory",
        f"\x1b[90m$\x1b[0m cd /var/lib/buildkite-agent/builds/{agent}/{job.build.pipeline.slug}",
        f"\x1b[90m$\x1b[0m git checkout -f {job.build.commit}",
        "~~~ Running commands",
        f"\x1b[90m$\x1b[0m {command}",
        f"+++ :hammer: {job.step.name or command}",
    ]
    begin = iso(job.started_at or 0)
    lines += [f"{begin} example {number} \x1b[32mok\x1b[0m & <done>" for number in range(luck.randint(0, _MOST_LINES))]
    if job.exit_status:
        lines.append(f"\x1b[31m🚨 Error: The command exited with status {job.exit_status}\x1b[0m")
    body = "\r\n".join(lines).encode() + b"\r\n"
    return body + b"\xff\xfe not text\r\n" if luck.random() < _BROKEN_TEXT_SHARE else body
