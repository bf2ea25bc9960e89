"""Download of the logs of a build: files, their names, and which of them need a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal, TypeAlias

from .._base.errors import APIConnectionError, DecodeError, NotFoundError, note_in_errors
from .._base.records import Record
from .._base.safe_text import safe_repr
from .._files.targets import open_target
from .downloads import Attempts, Downloads, no_progress
from .jobs import AsyncJobs
from .log_reader import check_log
from .polling import has_job_started, is_finished

if TYPE_CHECKING:
    from _buildkite_rest.models import Job, ScriptJob

    from .halves import AnyPort

LogOutcome: TypeAlias = Literal["downloaded", "unchanged", "partial", "missing"]
"""Outcome of the download of a log.

- `downloaded`: the complete log of a finished job was downloaded.
- `unchanged`: the folder already had the complete log, and no request was sent.
- `partial`: the job has not finished, and its log so far was downloaded.
- `missing`: the job has no log. It has not started, or its log does not exist or was deleted.
"""
_ID: Final = re.compile("[0-9A-Za-z-]{1,64}")
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_MAX_NAME_LENGTH: Final = 40
"""Characters of the name of a job in that of its file. Each has up to four bytes, and file systems allow 255."""


class JobLogFile(Record, frozen=True):
    """The log of a job, as downloaded by `builds.download_logs`."""

    job: ScriptJob
    """The job."""
    path: Path | None
    """Path of the file, or None if the log is missing."""
    size: int | None
    """Size of the file in bytes, or None if the log is missing."""
    outcome: LogOutcome
    """Whether the log was downloaded, and whether it is complete."""


class LogTarget(Record, frozen=True):
    """The file for the log of a job."""

    job: ScriptJob
    complete: Path
    """Path of the complete log."""
    partial: Path
    """Path of the log of an unfinished job, which is not mistaken for a complete one."""

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.complete if is_finished(self.job) else self.partial

    def known_outcome(self) -> LogOutcome | None:
        """Return the outcome if it is known without a request."""
        if not has_job_started(self.job):
            return "missing"
        is_complete = is_finished(self.job) and self.complete.is_file() and self.complete.stat().st_size
        return "unchanged" if is_complete else None

    def result(self, outcome: LogOutcome) -> JobLogFile:
        """Return the record of an outcome, and remove an earlier partial log."""
        if outcome != "partial":
            self.partial.unlink(missing_ok=True)
        if outcome == "missing":
            return JobLogFile(self.job, None, None, outcome)
        return JobLogFile(self.job, self.path, self.path.stat().st_size, outcome)


def name_for_note(target: LogTarget) -> str:
    """Name a log for a note."""
    return f"Log of job {safe_repr(target.job.name)}, id {safe_repr(target.job.id)}"


class LogDownloads(Downloads):
    """The downloads of the logs of a build: their files, and the number of those that are done.

    The log of each command job is in the file `42-Tests-<id of the job>.log`.

    Raises:
        DecodeError: A job has no valid id.
    """

    def __init__(
        self, folder: Path, number: int, jobs: Iterable[Job], progress: Callable[[int, int], object] | None
    ) -> None:
        from _buildkite_rest.models import ScriptJob  # noqa: PLC0415 - the list of jobs has imported it

        # The pages of a list shift while the build runs, so a job may be on two.
        scripts = {_safe_id(job): job for job in jobs if isinstance(job, ScriptJob)}
        stems = [(job, folder / f"{number}-{_safe_name(job)}-{job_id}") for job_id, job in scripts.items()]
        self.targets = [LogTarget(job, Path(f"{stem}.log"), Path(f"{stem}.partial.log")) for job, stem in stems]
        super().__init__(len(self.targets), progress or no_progress)
        self.add(0)


def _safe_id(job: ScriptJob) -> str:
    job_id = getattr(job, "id", None)
    if not isinstance(job_id, str) or _ID.fullmatch(job_id) is None:
        raise DecodeError(f"{safe_repr(job_id)} is not the id of a job", "listJobs")
    return job_id


def _safe_name(job: ScriptJob) -> str:
    """Return a part of a file name from the name of a job, or from the key of its step."""
    names = [_UNSAFE.sub("-", name) for name in (job.name, job.step_key) if isinstance(name, str)]
    return next(filter(None, (name[:_MAX_NAME_LENGTH].strip("-._") for name in names)), "job")


async def save_log(http: AnyPort, org: str, logs: LogDownloads, target: LogTarget) -> JobLogFile:
    """Download a log if that is necessary, and return the outcome."""
    with note_in_errors(name_for_note, target):
        outcome = target.known_outcome()
        if outcome is None:
            try:
                with open_target(target.path, logs.create) as file:
                    await _save(http, org, logs, target, file)
                outcome = "downloaded" if is_finished(target.job) else "partial"
            except NotFoundError:
                outcome = "missing"
        result = target.result(outcome)
    logs.add(1)
    return result


async def _save(http: AnyPort, org: str, logs: LogDownloads, target: LogTarget, file: IO[bytes]) -> None:
    """Download a log, in up to three attempts. A log does not support the ranges that resuming needs."""
    attempts = Attempts("getJobLog", http.settings)
    while True:
        logs.cancellation.check()
        async with AsyncJobs(http).stream_log(org, target.job.id) as stream:
            try:
                check_log(stream.status, stream.headers)
                async for chunk in stream:
                    logs.cancellation.check()
                    file.write(chunk)
            except APIConnectionError as error:
                delay = attempts.next_delay(error)
            else:
                return
        file.seek(0)
        file.truncate()
        await http.settings.timing.async_sleep(delay)
