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
from ..http.routing import Routes
from ..ids import seeded_random
from ..lookup import job_paths, job_url
from .builds import run_seconds
from .jobs import Job

#: Group header, after the timestamp in milliseconds that the agent writes before each line.
_HEADER = re.compile(rb"^\x1b_bk;t=(\d+)\x07(?:~~~|---|\+\+\+) ", re.MULTILINE)
_COLOR = re.compile(r"\x1b\[([\d;]*)m")
#: Timestamps of the agent and control sequences other than colours, also if truncated at the end of a running log.
_INVISIBLE = re.compile(r"\x1b_[^\x07\x1b]*\x07?|\x1b\[[\d;?]*(?:[A-Za-ln-z]|\Z)|\x1b\Z")
_COLORS = {"31": "term-fg31", "32": "term-fg32", "33": "term-fg33", "90": "term-fgi90"}
_HOOKS = "/etc/buildkite-agent/hooks"
_MOST_LINES = 400
#: Share of logs with bytes that are not UTF-8.
_BROKEN_TEXT_SHARE = 0.1


def job_log(backend: Backend, job: Job) -> bytes:
    """Return the log of a job so far. It only grows, until it is deleted."""
    if job.started_at is None or job.agent is None or job.log_deleted:
        return b""
    if job.log is not None:
        return job.log
    output = _command_output(job)
    if job.build.job_durations is not None:
        end = backend.clock() if job.finished_at is None else job.finished_at
        run = run_seconds(job, job.build.job_durations)
        # As the time at which the job finishes is computed: a quotient could be rounded to less than 1 then.
        if end < job.started_at + run:
            output = output[: int(len(output) * ((end - job.started_at) / run))]
    elif job.finished_at is None:
        output = output[: len(output) // 2]
    return output + _failure(job)


def log_header_times(log: bytes) -> list[int]:
    """Return the start of each group of a log, in nanoseconds since the epoch."""
    return [int(match[1]) * 1_000_000 for match in _HEADER.finditer(log)]


def log_text(log: bytes) -> str:
    """Return the log as text; bytes that are not UTF-8 are replaced."""
    return log.decode("utf-8", "replace")


def log_html(log: bytes) -> str:
    """Return the log as HTML: colours as classes, without other control sequences."""
    parts: list[str] = []
    spans = 0
    end = 0
    source = "\n".join(map(_after_carriage_returns, _INVISIBLE.sub("", log_text(log)).split("\n")))
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


def _after_carriage_returns(line: str) -> str:
    """Return a line without text that a carriage return overwrites."""
    written = line.rstrip("\r")
    return written.rpartition("\r")[2] + line[len(written) :]


def _command_output(job: Job) -> bytes:
    """Return what a job writes until it finishes, the same while it is running and afterwards."""
    rng = seeded_random("log", job.id)
    agent = job.agent.name if job.agent is not None else "nobody"
    command = job.step.command or ""
    lines = [
        "~~~ Running agent environment hook",
        f"\x1b[90m$\x1b[0m {_HOOKS}/environment",
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
    lines += [f"example {number} \x1b[32mok\x1b[0m & <done>" for number in range(rng.randint(0, _MOST_LINES))]
    contents = [line.encode() for line in lines]
    if rng.random() < _BROKEN_TEXT_SHARE:
        contents.append(b"\xff\xfe not text")
    begin, step = (job.started_at or 0) * 1000, _seconds_running(job) * 1000 / len(contents)
    times = [int(begin + step * number) for number in range(len(contents))]
    return b"".join(map(_line, times, contents))


def _failure(job: Job) -> bytes:
    """Return the end of the log of a failed job, which opens the group before it."""
    if not job.exit_status or job.finished_at is None:
        return b""
    lines = [
        "^^^ +++",
        f"\x1b[31m🚨 Error: The command exited with status {job.exit_status}\x1b[0m",
        "^^^ +++",
        f"user command error: exit status {job.exit_status}",
        "~~~ Running agent pre-exit hook",
        f"\x1b[90m$\x1b[0m {_HOOKS}/pre-exit",
    ]
    return b"".join(_line(int(job.finished_at * 1000), line.encode()) for line in lines)


def _line(milliseconds: int, content: bytes) -> bytes:
    return b"\x1b_bk;t=%d\x07%s\r\n" % (milliseconds, content)


def _seconds_running(job: Job) -> float:
    """Return the duration of a job that may still be running."""
    if job.build.job_durations is not None:
        return run_seconds(job, job.build.job_durations)
    return 0.0 if job.finished_at is None else job.finished_at - (job.started_at or 0)


def job_env(job: Job) -> dict[str, str]:
    build, pipeline, organization = job.build, job.build.pipeline, job.build.pipeline.organization
    pull_request = build.pull_request or {}
    clean_checkout = {"BUILDKITE_CLEAN_CHECKOUT": "true"} if build.clean_checkout else {}
    mirror = {} if pipeline.clone_mirror_url is None else {"BUILDKITE_GIT_REMOTE_MIRROR_URL": pipeline.clone_mirror_url}
    retries = {} if job.retries_count is None else {"BUILDKITE_RETRY_COUNT": str(job.retries_count)}
    parallel = {
        "BUILDKITE_PARALLEL_JOB": str(job.parallel_index),
        "BUILDKITE_PARALLEL_JOB_COUNT": str(job.step.parallelism),
    }
    return {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_NAME": "" if job.agent is None else job.agent.name,
        "BUILDKITE_ARTIFACT_PATHS": job.step.artifact_paths or "",
        "BUILDKITE_BRANCH": build.branch,
        "BUILDKITE_BUILD_CREATOR": "" if build.creator is None else build.creator.name,
        "BUILDKITE_BUILD_CREATOR_EMAIL": "" if build.creator is None else build.creator.email,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": str(build.number),
        "BUILDKITE_BUILD_URL": f"https://buildkite.com/{organization.slug}/{pipeline.slug}/builds/{build.number}",
        "BUILDKITE_COMMAND": job.step.command or "",
        "BUILDKITE_COMMIT": build.commit,
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_MESSAGE": build.message or "",
        "BUILDKITE_ORGANIZATION_SLUG": organization.slug,
        "BUILDKITE_PIPELINE_PROVIDER": pipeline.provider_id,
        "BUILDKITE_PIPELINE_SLUG": pipeline.slug,
        "BUILDKITE_PULL_REQUEST": str(pull_request.get("id", "false")),
        "BUILDKITE_REPO": pipeline.repository,
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_TAG": build.tag or "",
        **retries,
        **(parallel if job.parallel_index is not None else {}),
        **clean_checkout,
        **(pipeline.env or {}),
        **job.step.env,
        **build.env,
        **mirror,
    }


routes = Routes()
_LOG_PATHS = job_paths("/log")
_ENV_PATHS = job_paths("/env")


@routes.route("GET", *_LOG_PATHS, scope="read_build_logs")
def get_log(call: Call) -> Reply:
    """Return the log of a job as JSON, text or HTML."""
    form = preferred_media_type(call.headers.get("accept"), ("application/json", "text/plain", "text/html"))
    log, job = _find_log(call)
    if "range" in call.headers:
        if form != "text/plain":
            raise BadRequestError("Range requests are only supported with Accept: text/plain")
        return _tail_reply(log, call.headers["range"])
    if form == "text/plain":
        return _text_reply(log)
    if form == "text/html":
        return _html_reply(log)
    url = f"{job_url(call, job)}/log"
    return json({"url": url, "content": log_text(log), "size": len(log), "header_times": log_header_times(log)})


@routes.route("GET", *job_paths("/log.txt"), scope="read_build_logs", alias_suffix=".txt")
def get_text_log(call: Call) -> Reply:
    log, _ = _find_log(call)
    return _tail_reply(log, call.headers["range"]) if "range" in call.headers else _text_reply(log)


@routes.route("GET", *job_paths("/log.html"), scope="read_build_logs", alias_suffix=".html")
def get_html_log(call: Call) -> Reply:
    return _html_reply(_find_log(call)[0])


@routes.route("HEAD", *_LOG_PATHS, scope="read_build_logs")
def head_log(call: Call) -> Reply:
    """Return the size of the log of a job as `Content-Length`."""
    log, _ = _find_log(call)
    return Reply(200, content_type=TEXT, headers={**ACCEPT_RANGES, "Content-Length": str(len(log))})


@routes.route("DELETE", *_LOG_PATHS, scope="write_build_logs")
def delete_log(call: Call) -> Reply:
    _, job = _find_log(call)
    job.log_deleted = True
    return no_content()


@routes.route("GET", *_ENV_PATHS, scope="read_job_env")
def get_env(call: Call) -> Reply:
    """Return the environment of a job as JSON or text."""
    form = preferred_media_type(call.headers.get("accept"), ("application/json", "text/plain"))
    return json({"env": job_env(_command_job(call))}) if form == "application/json" else _dotenv_reply(call)


@routes.route("GET", *job_paths("/env.txt"), scope="read_job_env", alias_suffix=".txt")
def get_text_env(call: Call) -> Reply:
    return _dotenv_reply(call)


def _dotenv_reply(call: Call) -> Reply:
    lines = [f"{key}={_quoted(value)}\n" for key, value in job_env(_command_job(call)).items()]
    return Reply(200, "".join(lines).encode(), TEXT)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _find_log(call: Call) -> tuple[bytes, Job]:
    job = _command_job(call)
    return job_log(call.backend, job), job


def _command_job(call: Call) -> Job:
    job = lookup.job(call)
    if job.step.type != "script":
        raise NotFoundError("Only command jobs have a log and an environment")
    return job


def _text_reply(log: bytes) -> Reply:
    return Reply(200, log_text(log).encode(), TEXT, ACCEPT_RANGES)


def _html_reply(log: bytes) -> Reply:
    return Reply(200, log_html(log).encode(), HTML)


def _tail_reply(log: bytes, range_header: str) -> Reply:
    span = parse_range(range_header)
    if span is None or span.first is not None or not span.last:
        raise BadRequestError("Only suffix ranges (bytes=-N) are supported")
    part = span.part(log)
    if part is None:
        raise RangeError("The log is empty", headers=unsatisfied_range(0))
    return Reply(206, part[0], TEXT, part[1])
