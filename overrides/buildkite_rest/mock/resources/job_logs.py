"""Logs and environments of jobs, in their forms."""

from __future__ import annotations

from ..engine import ranges
from ..engine.accept import preferred
from ..engine.call import Call
from ..engine.reply import HTML, TEXT, Reply, json, no_content
from ..engine.routes import Routes
from ..errors import BadRequestError, NotFoundError, RangeError
from ..world import logs
from ..world.builds import Job
from ..world.env import environment
from . import lookup
from .lookup import job_paths

routes = Routes()
LOG = job_paths("/log")
ENV = job_paths("/env")


@routes.route("GET", *LOG, scope="read_build_logs")
def get_log(call: Call) -> Reply:
    """Return the log of a job as JSON, text or HTML."""
    form = preferred(call.headers.get("accept"), ("application/json", "text/plain", "text/html"))
    log, job = _log(call)
    if "range" in call.headers:
        if form != "text/plain":
            raise BadRequestError("Range requests are only supported with Accept: text/plain")
        return _tail(log, call.headers["range"])
    if form == "text/plain":
        return _plain(log)
    if form == "text/html":
        return _html(log)
    url = f"{lookup.view(call).job_url(job)}/log"
    return json({"url": url, "content": logs.text(log), "size": len(log), "header_times": logs.header_times(log)})


@routes.route("GET", *job_paths("/log.txt"), scope="read_build_logs", alias_suffix=".txt")
def get_text_log(call: Call) -> Reply:
    """Return the log of a job as text."""
    log, _ = _log(call)
    return _tail(log, call.headers["range"]) if "range" in call.headers else _plain(log)


@routes.route("GET", *job_paths("/log.html"), scope="read_build_logs", alias_suffix=".html")
def get_html_log(call: Call) -> Reply:
    """Return the log of a job as HTML."""
    return _html(_log(call)[0])


@routes.route("HEAD", *LOG, scope="read_build_logs")
def head_log(call: Call) -> Reply:
    """Tell the size of the log of a job."""
    log, _ = _log(call)
    return Reply(200, content_type=TEXT, headers={**ranges.ACCEPTED, "Content-Length": str(len(log))})


@routes.route("DELETE", *LOG, scope="write_build_logs")
def delete_log(call: Call) -> Reply:
    """Delete the log of a job."""
    _, job = _log(call)
    job.log_deleted = True
    return no_content()


@routes.route("GET", *ENV, scope="read_job_env")
def get_env(call: Call) -> Reply:
    """Return the environment of a job as JSON or text."""
    form = preferred(call.headers.get("accept"), ("application/json", "text/plain"))
    return json({"env": _env(call)}) if form == "application/json" else _dotenv(call)


@routes.route("GET", *job_paths("/env.txt"), scope="read_job_env", alias_suffix=".txt")
def get_text_env(call: Call) -> Reply:
    """Return the environment of a job as text."""
    return _dotenv(call)


def _dotenv(call: Call) -> Reply:
    lines = [f"{key}={_quoted(value)}\n" for key, value in _env(call).items()]
    return Reply(200, "".join(lines).encode(), TEXT)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _env(call: Call) -> dict[str, str]:
    return environment(_command_job(call))


def _log(call: Call) -> tuple[bytes, Job]:
    job = _command_job(call)
    return logs.log(call.world, job), job


def _command_job(call: Call) -> Job:
    job = lookup.job(call)
    if job.step.type != "script":
        raise NotFoundError("Only command jobs have a log and an environment")
    return job


def _plain(log: bytes) -> Reply:
    return Reply(200, logs.text(log).encode(), TEXT, ranges.ACCEPTED)


def _html(log: bytes) -> Reply:
    return Reply(200, logs.rendered(log).encode(), HTML)


def _tail(log: bytes, wanted: str) -> Reply:
    span = ranges.parse(wanted)
    if span is None or span.first is not None or not span.last:
        raise BadRequestError("Only suffix ranges (bytes=-N) are supported")
    part = span.part(log)
    if part is None:
        raise RangeError("The log is empty", headers=ranges.nothing(0))
    return Reply(206, part[0], TEXT, part[1])
