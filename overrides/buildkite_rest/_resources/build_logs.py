"""Download of the logs of a build: files, their names, and which of them need a request."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal, TypeAlias

from .._base.arguments import check_file_path, check_int
from .._base.errors import APIConnectionError, DecodeError, NotFoundError, note_in_errors
from .._base.records import Record
from .._base.safe_text import safe_repr
from .._files.targets import open_target
from .downloads import Attempts, Downloads, distinct, no_progress
from .jobs import AsyncJobs, Jobs
from .log_reader import check_log
from .polling import has_job_started, is_finished

if TYPE_CHECKING:
    from _buildkite_rest.models import Job, ScriptJob

    from .._http.transport import AsyncHTTPPort, HTTPPort

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

    def without_request(self) -> JobLogFile | None:
        """Return the outcome if it is known without a request."""
        if not has_job_started(self.job):
            return self.missing()
        if is_finished(self.job) and self.complete.is_file() and self.complete.stat().st_size:
            return self._outcome("unchanged")
        return None

    def missing(self) -> JobLogFile:
        """Return the outcome for a job without a log, and remove an earlier partial one."""
        self.partial.unlink(missing_ok=True)
        return JobLogFile(self.job, None, None, "missing")

    def downloaded(self) -> JobLogFile:
        """Return the outcome for a downloaded log, and remove an earlier partial one."""
        return self._outcome("downloaded" if is_finished(self.job) else "partial")

    def _outcome(self, outcome: LogOutcome) -> JobLogFile:
        if outcome != "partial":
            self.partial.unlink(missing_ok=True)
        return JobLogFile(self.job, self.path, self.path.stat().st_size, outcome)


def name_for_note(target: LogTarget) -> str:
    """Name a log for a note."""
    return f"Log of job {safe_repr(target.job.name)}, id {safe_repr(target.job.id)}"


def log_targets(folder: Path, number: int, jobs: Iterable[Job]) -> list[LogTarget]:
    """Return the file for the log of each command job of build `number`: `42-Tests-<id of the job>.log`.

    Raises:
        DecodeError: A job has no valid id.
    """
    from _buildkite_rest.models import ScriptJob  # noqa: PLC0415 - the list of jobs has imported it

    scripts = distinct((_safe_id(job), job) for job in jobs if isinstance(job, ScriptJob))
    stems = [(job, f"{number}-{_safe_name(job)}-{job_id}") for job_id, job in scripts]
    return [LogTarget(job, folder / f"{stem}.log", folder / f"{stem}.partial.log") for job, stem in stems]


def _safe_id(job: ScriptJob) -> str:
    job_id = getattr(job, "id", None)
    if not isinstance(job_id, str) or _ID.fullmatch(job_id) is None:
        raise DecodeError(f"{safe_repr(job_id)} is not the id of a job", "listJobs")
    return job_id


def _safe_name(job: ScriptJob) -> str:
    """Return a part of a file name from the name of a job, or from the key of its step."""
    names = [_UNSAFE.sub("-", name) for name in (job.name, job.step_key) if isinstance(name, str)]
    return next(filter(None, (name[:_MAX_NAME_LENGTH].strip("-._") for name in names)), "job")


def download_logs(
    http: HTTPPort,
    org: str,
    pipeline: str,
    number: int,
    *,
    to: str | os.PathLike[str],
    concurrency: int,
    progress: Callable[[int, int], object] | None,
) -> list[JobLogFile]:
    """Download the logs of a build into a folder. See `Builds.download_logs`."""
    check_int("concurrency", concurrency, minimum=1)
    check_file_path("to", to)
    jobs = Jobs(http).list(org, pipeline, number, include_retried_jobs=True)
    targets = log_targets(Path(to), number, jobs)
    downloads = Downloads(len(targets), progress or no_progress)
    downloads.add(0)
    port = http.cancellable(downloads.cancellation)

    def save(target: LogTarget) -> JobLogFile:
        with http.in_background(), note_in_errors(name_for_note, target):
            found = target.without_request() or download(target)
        downloads.add(1)
        return found

    def download(target: LogTarget) -> JobLogFile:
        try:
            with open_target(target.path, downloads.create) as file:
                _save(port, org, target, file, downloads)
        except NotFoundError:
            return target.missing()
        return target.downloaded()

    return downloads.run([partial(save, target) for target in targets], concurrency)


def _save(http: HTTPPort, org: str, target: LogTarget, file: IO[bytes], downloads: Downloads) -> None:
    """Download a log, in up to three attempts. A log does not support the ranges that resuming needs."""
    attempts = Attempts("getJobLog", http.settings)
    while True:
        downloads.cancellation.check()
        with Jobs(http).stream_log(org, target.job.id) as stream:
            try:
                check_log(stream.status, stream.headers)
                for chunk in stream:
                    downloads.cancellation.check()
                    file.write(chunk)
            except APIConnectionError as error:
                delay = attempts.next_delay(error)
            else:
                return
        file.seek(0)
        file.truncate()
        http.timing.sleep(delay)


async def async_download_logs(
    http: AsyncHTTPPort,
    org: str,
    pipeline: str,
    number: int,
    *,
    to: str | os.PathLike[str],
    concurrency: int,
    progress: Callable[[int, int], object] | None,
) -> list[JobLogFile]:
    """Download the logs of a build into a folder. See `Builds.download_logs`."""
    check_int("concurrency", concurrency, minimum=1)
    check_file_path("to", to)
    jobs = AsyncJobs(http).list(org, pipeline, number, include_retried_jobs=True)
    targets = log_targets(Path(to), number, [job async for job in jobs])
    downloads = Downloads(len(targets), progress or no_progress)
    downloads.add(0)

    async def save(target: LogTarget) -> JobLogFile:
        with note_in_errors(name_for_note, target):
            found = target.without_request() or await download(target)
        downloads.add(1)
        return found

    async def download(target: LogTarget) -> JobLogFile:
        try:
            with open_target(target.path) as file:
                await _async_save(http, org, target, file, downloads)
        except NotFoundError:
            return target.missing()
        return target.downloaded()

    return await downloads.async_run([partial(save, target) for target in targets], concurrency)


async def _async_save(http: AsyncHTTPPort, org: str, target: LogTarget, file: IO[bytes], downloads: Downloads) -> None:
    """Download a log, in up to three attempts. See `_save`."""
    attempts = Attempts("getJobLog", http.settings)
    while True:
        downloads.cancellation.check()
        async with AsyncJobs(http).stream_log(org, target.job.id) as stream:
            try:
                check_log(stream.status, stream.headers)
                async for chunk in stream:
                    downloads.cancellation.check()
                    file.write(chunk)
            except APIConnectionError as error:
                delay = attempts.next_delay(error)
            else:
                return
        file.seek(0)
        file.truncate()
        await http.timing.async_sleep(delay)
