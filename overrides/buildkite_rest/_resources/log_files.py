"""Files of the logs of a build: their names, and which of them need a request. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .._base.errors import DecodeError
from .._base.file_names import check_writable, is_name
from .._base.safe_text import safe_repr
from .build_downloads import distinct
from .job_log_file import JobLogFile
from .polling import is_job_finished

if TYPE_CHECKING:
    from _buildkite_rest.models import Job, ScriptJob

_ID: Final = re.compile("[0-9A-Za-z-]{1,64}")
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_PARTIAL: Final = ".partial.log"
"""Extension of the log of a job that has not finished."""
_MAX_NAME_LENGTH: Final = 40
"""Characters of the name of a job in that of its file. Each has up to four bytes, and file systems allow 255."""


@frozen
class LogTarget:
    """The file for the log of a job."""

    job: ScriptJob
    folder: Path
    """Folder of the file."""
    stem: str
    """Name of the file without its extension."""
    partials: tuple[Path, ...] = ()
    """Files of earlier calls with the log so far, also under an earlier name of the job."""

    @property
    def path(self) -> Path:
        """Path of the file. That of an unfinished job has another name, so that it is not mistaken for complete."""
        return self._complete_path if is_job_finished(self.job) else self._partial_path

    @property
    def _complete_path(self) -> Path:
        return self.folder / f"{self.stem}.log"

    @property
    def _partial_path(self) -> Path:
        return self.folder / f"{self.stem}{_PARTIAL}"

    @property
    def note(self) -> str:
        """Name of the log for a note."""
        return f"Log of job {safe_repr(self.job.name)}, id {safe_repr(self.job.id)}"

    def without_request(self) -> JobLogFile | None:
        """Return the outcome if it is known without a request."""
        if self.job.started_at is None:
            return self.missing()
        if is_job_finished(self.job) and self._complete_path.is_file():
            self._remove_partials()
            return JobLogFile(self.job, self._complete_path, self._complete_path.stat().st_size, "unchanged")
        return None

    def missing(self) -> JobLogFile:
        """Return the outcome for a job without a log, and remove earlier partial ones."""
        self._remove_partials()
        return JobLogFile(self.job, None, None, "missing")

    def downloaded(self, size: int) -> JobLogFile:
        """Return the outcome for a downloaded log, and remove earlier partial ones."""
        self._remove_partials()
        return JobLogFile(self.job, self.path, size, "downloaded" if is_job_finished(self.job) else "partial")

    def _remove_partials(self) -> None:
        for path in self.partials:
            if path != self.path:
                path.unlink(missing_ok=True)


def log_targets(folder: Path, number: int, jobs: Iterable[Job]) -> list[LogTarget]:
    """Return the file for the log of each command job of build `number`: `42-Tests-<id of the job>.log`.

    Raises:
        DecodeError: A job has no valid id.
        OSError: A path is that of a folder or of a special file.
    """
    from _buildkite_rest.models import ScriptJob  # noqa: PLC0415 - the list of jobs has imported it

    scripts = [job for job in jobs if isinstance(job, ScriptJob)]
    partials = [path for path in folder.glob(f"{number}-*{_PARTIAL}") if path.is_file()]
    targets = [
        LogTarget(
            job,
            folder,
            f"{number}-{_safe_name(job, folder)}-{job_id}",
            tuple(path for path in partials if path.name.endswith(f"-{job_id}{_PARTIAL}")),
        )
        for job_id, job in distinct((_safe_id(job), job) for job in scripts)
    ]
    for target in targets:
        check_writable(target.path)
    return targets


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
