"""Download of the logs of a build."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .._base.arguments import check_file_path, check_int
from .._base.errors import APIConnectionError, DownloadError, NotFoundError, note_in_errors
from .._files.folders import check_folder
from .._files.targets import Target, open_target
from .build_downloads import CountedDownloads, async_run_downloads, run_downloads
from .downloads import FileDownload, no_progress
from .jobs import AsyncJobs, Jobs
from .log_files import JobLogFile, LogTarget, log_targets, name_for_note
from .log_reader import check_log_type

if TYPE_CHECKING:
    from .._http.transport import AsyncHTTPPort, HTTPPort

_RETRIED_ERRORS: Final = (APIConnectionError, DownloadError)
_OPERATION: Final = "getJobLog"


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
