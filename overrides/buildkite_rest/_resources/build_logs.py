"""Download of the logs of a build: files, their names, and which of them need a request."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from .._base.arguments import check_file_path, check_int
from .._base.errors import APIConnectionError, DecodeError, DownloadError, NotFoundError, note_in_errors
from .._base.json_values import is_array
from .._base.records import Record
from .._base.safe_text import safe_repr
from .._files.folders import check_folder, check_writable, is_name
from .._files.targets import Target, open_target
from .downloads import CountedDownloads, FileDownload, async_run_downloads, distinct, no_progress, run_downloads
from .jobs import AsyncJobs, Jobs
from .log_reader import check_log_type
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
_COMPLETE: Final = ".log"
_PARTIAL: Final = ".partial.log"
"""Extension of the log of a job that has not finished."""
_MAX_NAME_LENGTH: Final = 40
"""Characters of the name of a job in that of its file. Each has up to four bytes, and file systems allow 255."""
_RETRIED_ERRORS: Final = (APIConnectionError, DownloadError)
_OPERATION: Final = "getJobLog"


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
    folder: Path
    """Folder of the file."""
    stem: str
    """Name of the file without its extension."""
    complete: Path | None = None
    """File of an earlier call with the complete log, also under an earlier name of the job."""
    superseded: tuple[Path, ...] = ()
    """Files of earlier calls with the log so far or without content, also under an earlier name of the job."""

    @property
    def path(self) -> Path:
        """Path of the file. That of an unfinished job has another name, so that it is not mistaken for complete."""
        return self.folder / f"{self.stem}{_COMPLETE if is_finished(self.job) else _PARTIAL}"

    def without_request(self) -> JobLogFile | None:
        """Return the outcome if it is known without a request."""
        if not has_job_started(self.job):
            return self.missing()
        if is_finished(self.job) and self.complete is not None:
            self._remove_superseded()
            return JobLogFile(self.job, self.complete, self.complete.stat().st_size, "unchanged")
        return None

    def missing(self) -> JobLogFile:
        """Return the outcome for a job without a log, and remove earlier partial and empty ones."""
        for path in self.superseded:
            path.unlink(missing_ok=True)
        return JobLogFile(self.job, None, None, "missing")

    def downloaded(self, size: int) -> JobLogFile:
        """Return the outcome for a downloaded log, and remove earlier partial ones."""
        self._remove_superseded()
        return JobLogFile(self.job, self.path, size, "downloaded" if is_finished(self.job) else "partial")

    def _remove_superseded(self) -> None:
        for path in self.superseded:
            if path != self.path:
                path.unlink(missing_ok=True)


def name_for_note(target: LogTarget) -> str:
    """Name a log for a note."""
    return f"Log of job {safe_repr(target.job.name)}, id {safe_repr(target.job.id)}"


def log_targets(folder: Path, number: int, jobs: Iterable[Job]) -> list[LogTarget]:
    """Return the file for the log of each command job of build `number`: `42-Tests-<id of the job>.log`.

    Raises:
        DecodeError: An item is not a job, or has no valid id.
        OSError: A path is that of a folder or of a special file.
    """
    from _buildkite_rest.models import ScriptJob  # noqa: PLC0415 - the list of jobs has imported it

    jobs = list(jobs)
    for job in jobs:
        _check_job(job)
    scripts = [job for job in jobs if isinstance(job, ScriptJob)]
    files = _files_by_suffix(folder, number)
    targets = [
        _target(job, folder, f"{number}-{_safe_name(job, folder)}-{job_id}", files[job_id])
        for job_id, job in distinct((_safe_id(job), job) for job in scripts)
    ]
    for target in targets:
        with note_in_errors(name_for_note, target):
            check_writable(target.path)
    return targets


def _files_by_suffix(folder: Path, number: int) -> defaultdict[str, list[Path]]:
    """Return the files of earlier calls by each end of their names that may be the id of a job: all after a hyphen."""
    files = defaultdict[str, list[Path]](list)
    for path in sorted(path for path in folder.glob(f"{number}-*{_COMPLETE}") if path.is_file()):
        _, *parts = path.name.removesuffix(_COMPLETE).removesuffix(_PARTIAL.removesuffix(_COMPLETE)).split("-")
        for start in range(len(parts)):
            files["-".join(parts[start:])].append(path)
    return files


def _target(job: ScriptJob, folder: Path, stem: str, files: list[Path]) -> LogTarget:
    full = [path for path in files if not path.name.endswith(_PARTIAL) and path.stat().st_size]
    full.sort(key=lambda path: path.name != f"{stem}{_COMPLETE}")
    return LogTarget(job, folder, stem, next(iter(full), None), tuple(path for path in files if path not in full))


def _check_job(job: object) -> None:
    """Raise `DecodeError` if an item of the list of jobs is not an object."""
    if job is None or isinstance(job, bool | int | float | str) or is_array(job):
        raise DecodeError("an item of the list is not a job", "listJobs")


def _safe_id(job: ScriptJob) -> str:
    job_id = getattr(job, "id", None)
    if not isinstance(job_id, str) or _ID.fullmatch(job_id) is None:
        raise DecodeError(f"{safe_repr(job_id)} is not the id of a job", "listJobs")
    return job_id


def _safe_name(job: ScriptJob, folder: Path) -> str:
    """Return a part of a file name from the name of a job, or from the key of its step."""
    for name in (job.name, job.step_key):
        if isinstance(name, str):
            safe = _UNSAFE.sub("-", name)[:_MAX_NAME_LENGTH].strip("-._")
            if is_name(safe, folder):
                return safe
    return "job"


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
    check_folder(Path(to))
    jobs = Jobs(http).list(org, pipeline, number, include_retried_jobs=True)
    targets = log_targets(Path(to), number, jobs)
    downloads = CountedDownloads(len(targets), progress or no_progress)
    port = http.cancellable(downloads.cancellation)

    def save(target: LogTarget) -> JobLogFile:
        with http.in_background(), note_in_errors(name_for_note, target):
            found = target.without_request() or download(target)
        downloads.count()
        return found

    def download(target: LogTarget) -> JobLogFile:
        try:
            with open_target(target.path, create=downloads.create, root=target.folder, is_hashed=False) as file:
                _save(port, org, target, file, downloads)
                size = file.size
        except NotFoundError:
            return target.missing()
        return target.downloaded(size)

    return run_downloads([partial(save, target) for target in targets], concurrency, downloads)


def _save(http: HTTPPort, org: str, target: LogTarget, file: Target, downloads: CountedDownloads) -> None:
    """Download a log, in up to three attempts. A log does not support the ranges that resuming needs."""
    download, url = _file_download(http, file, downloads), _url(http, org, target)
    while True:
        downloads.cancellation.check()
        with Jobs(http).stream_log(org, target.job.id) as stream:
            try:
                download.start_response(url, stream.status, stream.headers)
                check_log_type(stream.headers)
                for chunk in stream:
                    downloads.cancellation.check()
                    download.write(chunk)
                download.end()
            except _RETRIED_ERRORS as error:
                delay = download.next_delay(error, url)
            else:
                return
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
    check_folder(Path(to))
    jobs = AsyncJobs(http).list(org, pipeline, number, include_retried_jobs=True)
    targets = log_targets(Path(to), number, [job async for job in jobs])
    downloads = CountedDownloads(len(targets), progress or no_progress)

    async def save(target: LogTarget) -> JobLogFile:
        with note_in_errors(name_for_note, target):
            found = target.without_request() or await download(target)
        downloads.count()
        return found

    async def download(target: LogTarget) -> JobLogFile:
        try:
            with open_target(target.path, root=target.folder, is_hashed=False) as file:
                await _async_save(http, org, target, file, downloads)
                size = file.size
        except NotFoundError:
            return target.missing()
        return target.downloaded(size)

    return await async_run_downloads([partial(save, target) for target in targets], concurrency, downloads)


async def _async_save(
    http: AsyncHTTPPort, org: str, target: LogTarget, file: Target, downloads: CountedDownloads
) -> None:
    """Download a log, in up to three attempts. See `_save`."""
    download, url = _file_download(http, file, downloads), _url(http, org, target)
    while True:
        downloads.cancellation.check()
        async with AsyncJobs(http).stream_log(org, target.job.id) as stream:
            try:
                download.start_response(url, stream.status, stream.headers)
                check_log_type(stream.headers)
                async for chunk in stream:
                    downloads.cancellation.check()
                    download.write(chunk)
                download.end()
            except _RETRIED_ERRORS as error:
                delay = download.next_delay(error, url)
            else:
                return
        await http.timing.async_sleep(delay)


def _file_download(http: HTTPPort | AsyncHTTPPort, file: Target, downloads: CountedDownloads) -> FileDownload:
    check = downloads.cancellation.check
    return FileDownload(
        file,
        None,
        None,
        http.settings,
        no_progress,
        check_cancelled=check,
        operation_id=_OPERATION,
        accepts_gzip=True,
    )


def _url(http: HTTPPort | AsyncHTTPPort, org: str, target: LogTarget) -> str:
    """Return the URL of a log for messages."""
    return f"{http.settings.base_url.url}/v2/organizations/{org}/jobs/{target.job.id}/log"
