"""Step uploads: what jobs add to their builds by `buildkite-agent pipeline upload`.

A build of the mock server has all its jobs from the beginning. So an upload is what such a job would have added: the
steps after its own, up to the next step that uploads. It is there once a job of the step has passed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

import attrs

from .builds import Build, Job
from .create import job_count
from .pipelines import Step

if TYPE_CHECKING:
    from .world import World

_UPLOAD = re.compile(r"\bbuildkite-agent\s+pipeline\s+upload\b(?P<options>[^\n;&|]*)")
_REPLACE = re.compile(r"(?<!\S)--replace(?!\S)")


@attrs.frozen(kw_only=True, eq=False)
class StepUpload:
    """Steps that a job has added to its build."""

    id: str
    job: Job
    steps: Sequence[Step]
    uploaded_at: float
    replaces: bool

    @property
    def created_jobs(self) -> int:
        """How many jobs came of it."""
        return job_count(self.steps)


def step_uploads(world: World, build: Build) -> list[StepUpload]:
    """Return the step uploads of a build, newest first."""
    steps = list(dict.fromkeys(job.step for job in build.jobs))
    uploads: dict[Step, StepUpload] = {}
    for job in build.jobs:
        command = _command(job.step)
        if command is None or job.step in uploads or job.state != "passed" or job.finished_at is None:
            continue
        rest = steps[steps.index(job.step) + 1 :]
        if uploaded := list(takewhile(lambda step: _command(step) is None, rest)):
            uploads[job.step] = StepUpload(
                id=world.step_upload_id(job),
                job=job,
                steps=uploaded,
                uploaded_at=job.finished_at,
                replaces=_REPLACE.search(command["options"]) is not None,
            )
    return sorted(uploads.values(), key=lambda upload: (upload.uploaded_at, upload.job.index), reverse=True)


def _command(step: Step) -> re.Match[str] | None:
    return _UPLOAD.search(step.command or "") if step.type == "script" else None
