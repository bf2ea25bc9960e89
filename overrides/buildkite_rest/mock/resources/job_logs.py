"""Job logs and environments."""

from __future__ import annotations

import html
import re

from .. import lookup
from ..backend import Backend
from ..clock import iso
from ..http.call import HTML, TEXT, Call, Reply, json, no_content
from ..http.content import ACCEPT_RANGES, parse_range, preferred_media_type, unsatisfied_range
from ..http.errors import BadRequestError, NotFoundError, RangeError
from ..http.routing import routes
from ..ids import seeded_random
from ..lookup import build_web_url, job_paths, job_url
from ..values import seed_document
from .agents import Agent
from .builds import exit_status, run_seconds
from .jobs import Job

#: Group header, after the timestamp in milliseconds that the agent writes before each line.
_HEADER = re.compile(rb"^\x1b_bk;t=(\d+)\x07(?:~~~|---|\+\+\+) ", re.MULTILINE)
_COLORED = re.compile(r"\x1b\[([39]\d)m(.*?)\x1b\[0m", re.DOTALL)
#: Timestamps of the agent and control sequences, also if truncated at the end of a running log.
_INVISIBLE = re.compile(r"\x1b_[^\x07\x1b]*\x07?|\x1b\[[\d;?]*(?:[A-Za-z]|\Z)|\x1b\Z")
#: Text that a carriage return overwrites.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?![\r\n]|\Z)")
_SEED = seed_document("jobs")
_MOST_LINES = 400
#: Share of logs with bytes that are not UTF-8.
_BROKEN_TEXT_SHARE = 0.1
#: Seconds of a job that stays running.
_USUAL_SECONDS = 20.0


def job_log(backend: Backend, job: Job) -> bytes:
    """Return the log of a job so far. It only grows, until it is deleted."""
    if job.started_at is None or job.agent is None:
        return b""
    if job.log is not None:
        return job.log
    lines, end = _output(job, job.started_at, job.agent), job.finished_at or backend.clock()
    if job.build.stage_seconds is not None:
        seconds = run_seconds(job, job.build.stage_seconds)
    else:
        seconds = _USUAL_SECONDS if job.finished_at is None else job.finished_at - job.started_at
    times = (job.started_at + seconds * number / (1 + len(lines)) for number in range(1, 1 + len(lines)))
    written = ((int(1000 * time), line) for time, line in zip(times, lines, strict=True) if time <= end)
    return b"".join(b"\x1b_bk;t=%d\x07%s\r\n" % pair for pair in written)


def _text(log: bytes) -> str:
    return log.decode("utf-8", "replace")


def log_html(log: bytes) -> str:
    """Return the log as HTML: colours as classes, without other control sequences."""
    colored = _COLORED.sub(_span, html.escape(_text(log)))
    return _OVERWRITTEN.sub("", _INVISIBLE.sub("", colored))


def _span(match: re.Match[str]) -> str:
    bright = "i" if match[1].startswith("9") else ""
    return f'<span class="term-fg{bright}{match[1]}">{match[2]}</span>'


def _output(job: Job, started_at: float, agent: Agent) -> list[bytes]:
    """Return the lines that a job writes."""
    rng = seeded_random("log", job.id)
    command = job.step.command or ""
    status = exit_status(command) if job.exit_status is None else job.exit_status
    values = {
        "agent": agent.name,
        "pipeline": job.build.pipeline.slug,
        "commit": job.build.commit,
        "command": command,
        "name": job.step.name or command,
        "started_at": iso(started_at),
        "status": status,
    }
    examples = [_SEED["example"].format(number=number) for number in range(rng.randint(0, _MOST_LINES))]
    begin, end = ([line.format_map(values) for line in _SEED[name]] for name in ("output", "failure"))
    contents = [line.encode() for line in (*begin, *examples, *(end if status else ()))]
    if rng.random() < _BROKEN_TEXT_SHARE:
        contents.append(b"\xff\xfe not text")
    return contents


def job_env(job: Job) -> dict[str, str]:
    build, pipeline = job.build, job.build.pipeline
    values = {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_NAME": "" if job.agent is None else job.agent.name,
        "BUILDKITE_BRANCH": build.branch,
        "BUILDKITE_BUILD_CREATOR": "" if build.creator is None else build.creator.name,
        "BUILDKITE_BUILD_CREATOR_EMAIL": "" if build.creator is None else build.creator.email,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": build.number,
        "BUILDKITE_BUILD_URL": build_web_url(build),
        "BUILDKITE_COMMAND": job.step.command or "",
        "BUILDKITE_COMMIT": build.commit,
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_MESSAGE": build.message or "",
        "BUILDKITE_ORGANIZATION_SLUG": pipeline.organization.slug,
        "BUILDKITE_PARALLEL_JOB": job.parallel_index,
        "BUILDKITE_PARALLEL_JOB_COUNT": None if job.parallel_index is None else job.step.parallelism,
        "BUILDKITE_PIPELINE_SLUG": pipeline.slug,
        "BUILDKITE_PULL_REQUEST": (build.pull_request or {}).get("id", "false"),
        "BUILDKITE_REPO": pipeline.repository,
        "BUILDKITE_RETRY_COUNT": job.retries_count,
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_TAG": build.tag or "",
        **(pipeline.env or {}),
        **job.step.env,
        **build.env,
        "BUILDKITE_GIT_REMOTE_MIRROR_URL": pipeline.clone_mirror_url,
    }
    return {name: str(value) for name, value in values.items() if value is not None}


_LOG_PATHS = job_paths("/log")


@routes.route("GET", *_LOG_PATHS, scope="read_build_logs")
@routes.route("GET", *job_paths("/log.txt"), scope="read_build_logs", alias_suffix=".txt")
@routes.route("GET", *job_paths("/log.html"), scope="read_build_logs", alias_suffix=".html")
def get_log(call: Call) -> Reply:
    """Return the log of a job, or its end, as JSON, text or HTML."""
    media_type = _media_type(call, "application/json", "text/plain", "text/html")
    job = _command_job(call)
    log = job_log(call.backend, job)
    if media_type == "text/html":
        return Reply(200, log_html(log).encode(), HTML)
    if "range" in call.headers:
        if media_type != "text/plain":
            raise BadRequestError("Range requests are only supported with Accept: text/plain")
        return _tail_reply(log, call.headers["range"])
    if media_type == "text/plain":
        return Reply(200, _text(log).encode(), TEXT, ACCEPT_RANGES)
    header_times = [int(match[1]) * 1_000_000 for match in _HEADER.finditer(log)]
    url = f"{job_url(call, job)}/log"
    return json({"url": url, "content": _text(log), "size": len(log), "header_times": header_times})


@routes.route("HEAD", *_LOG_PATHS, scope="read_build_logs")
def head_log(call: Call) -> Reply:
    """Return the size of the log of a job as `Content-Length`."""
    size = len(job_log(call.backend, _command_job(call)))
    return Reply(200, content_type=TEXT, headers={**ACCEPT_RANGES, "Content-Length": str(size)})


@routes.route("DELETE", *_LOG_PATHS, scope="write_build_logs")
def delete_log(call: Call) -> Reply:
    _command_job(call).log = b""
    return no_content()


@routes.route("GET", *job_paths("/env"), scope="read_job_env")
@routes.route("GET", *job_paths("/env.txt"), scope="read_job_env", alias_suffix=".txt")
def get_env(call: Call) -> Reply:
    """Return the environment of a job as JSON or text."""
    env = job_env(_command_job(call))
    if _media_type(call, "application/json", "text/plain") == "application/json":
        return json({"env": env})
    return Reply(200, "".join(f"{key}={_quoted(value)}\n" for key, value in env.items()).encode(), TEXT)


def _media_type(call: Call, *offered: str) -> str:
    """Return the media type of the suffix of the path, or else the one that `Accept` prefers."""
    suffixes = {"txt": "text/plain", "html": "text/html"}
    suffix = suffixes.get(call.path.rstrip("/").rpartition(".")[2])
    return suffix or preferred_media_type(call.headers.get("accept"), offered)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _command_job(call: Call) -> Job:
    job = lookup.job(call)
    if job.step.type != "script":
        raise NotFoundError("Only command jobs have a log and an environment")
    return job


def _tail_reply(log: bytes, range_header: str) -> Reply:
    span = parse_range(range_header)
    if span is None or span.first is not None or not span.last:
        raise BadRequestError("Only suffix ranges (bytes=-N) are supported")
    part = span.part(log)
    if part is None:
        raise RangeError("The log is empty", headers=unsatisfied_range(0))
    return Reply(206, part[0], TEXT, part[1])
