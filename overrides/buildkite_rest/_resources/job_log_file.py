"""The log of a job in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._base.records import Record

if TYPE_CHECKING:
    from _buildkite_rest.models import ScriptJob

LogOutcome: TypeAlias = Literal["downloaded", "unchanged", "partial", "missing"]
"""Outcome of the download of a log.

- `downloaded`: the complete log of a finished job was downloaded.
- `unchanged`: the folder already had the complete log, and no request was sent.
- `partial`: the job has not finished, and its log so far was downloaded.
- `missing`: the job has no log. It has not started, or its log does not exist or was deleted.
"""


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
