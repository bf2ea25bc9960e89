"""Builds, their jobs, and what jobs leave behind. How they change over time is in `life`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from .accounts import User
    from .agents import Agent
    from .pipelines import Pipeline, Step
    from .queues import Queue

#: States in which a build can still be canceled.
CANCELABLE = frozenset({"scheduled", "running", "failing"})
#: States that a build does not leave by itself.
FINISHED_BUILD = frozenset({"passed", "failed", "blocked", "canceled", "skipped", "not_run", "waiting_failed"})
#: States that a job does not leave by itself.
FINISHED_JOB = frozenset(
    {"passed", "failed", "canceled", "timed_out", "skipped", "broken", "expired", "unblocked", "unblocked_failed"}
    | {"waiting_failed", "blocked_failed"}
)

ArtifactState = Literal["new", "error", "finished", "deleted", "expired"]


@attrs.frozen
class Pace:
    """How fast a live build goes: seconds that a job waits for an agent, and that it runs."""

    wait: float
    run: float


@attrs.define(kw_only=True, eq=False)
class Artifact:
    """A file that a job has uploaded. Its content follows from its id and size."""

    id: str
    path: str
    mime_type: str
    file_size: int
    state: ArtifactState = "finished"


@attrs.define(kw_only=True, eq=False)
class Annotation:
    """A note on the page of a build, or of one of its jobs."""

    id: str
    context: str
    style: str | None
    priority: int
    body: str
    created_at: float
    updated_at: float
    job: Job | None = None


@attrs.define(kw_only=True, eq=False)
class Job:
    """One run of a step."""

    id: str
    index: int
    build: Build
    step: Step
    state: str
    created_at: float
    queue: Queue | None = None
    agent: Agent | None = None
    scheduled_at: float | None = None
    runnable_at: float | None = None
    started_at: float | None = None
    canceling_at: float | None = None
    finished_at: float | None = None
    expired_at: float | None = None
    exit_status: int | None = None
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    promised_exit_status: int | None = None
    promised_exit_status_at: float | None = None
    concurrency_wait_time_ms: int | None = None
    soft_failed: bool = False
    priority: int = 0
    parallel_index: int | None = None
    matrix: Mapping[str, str] | None = None
    retry_of: Job | None = None
    retries_count: int | None = None
    retried_in: Job | None = None
    retry_type: str | None = None
    retried_by: User | None = None
    unblocked_at: float | None = None
    unblocked_by: User | None = None
    triggered: Build | None = None
    log_deleted: bool = False
    artifacts: list[Artifact] = attrs.field(factory=list[Artifact])

    @property
    def hard_failed(self) -> bool:
        """Whether the job stops what comes after it."""
        failed = self.state in {"failed", "timed_out", "expired", "canceled", "waiting_failed", "blocked_failed"}
        return failed and not self.soft_failed


@attrs.define(kw_only=True, eq=False)
class Build:
    """One run of a pipeline."""

    id: str
    ordinal: int
    number: int
    pipeline: Pipeline
    state: str
    commit: str
    branch: str
    created_at: float
    source: str = "api"
    message: str | None = None
    tag: str | None = None
    creator: User | None = None
    author: Mapping[str, str] | None = None
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    meta_data: dict[str, str] = attrs.field(factory=dict[str, str])
    pull_request: Mapping[str, Any] | None = None
    clean_checkout: bool = False
    merge_queue: Mapping[str, Any] | None = None
    scheduled_at: float | None = None
    started_at: float | None = None
    failing_at: float | None = None
    finished_at: float | None = None
    cancel_reason: str | None = None
    rebuilt_from: Build | None = None
    triggered_by: Job | None = None
    #: Builds that have come of this one by triggers, however many lie between, if nothing has triggered this one.
    descendants: int = 0
    #: None for a build that stands still, as most of the seeded ones do.
    pace: Pace | None = None
    _contents: tuple[list[Job], list[Annotation]] | None = attrs.field(default=None, alias="contents")
    _fill: Callable[[Build], tuple[list[Job], list[Annotation]]] | None = attrs.field(
        default=None, alias="fill", repr=False
    )

    @property
    def root(self) -> Build:
        """The build that this one has come of by triggers, or the build itself."""
        return self if self.triggered_by is None else self.triggered_by.build.root

    @property
    def contents(self) -> tuple[list[Job], list[Annotation]]:
        """The jobs and annotations, made when somebody first looks at them."""
        if self._contents is None:
            self._contents = self._fill(self) if self._fill is not None else ([], [])
        return self._contents

    @property
    def jobs(self) -> list[Job]:
        """All jobs, retried ones too, in the order of the steps."""
        return self.contents[0]

    @property
    def annotations(self) -> list[Annotation]:
        """All annotations, of the build and of its jobs."""
        return self.contents[1]

    @property
    def current_jobs(self) -> list[Job]:
        """The latest attempt of each job."""
        return [job for job in self.jobs if job.retried_in is None]

    @property
    def finished(self) -> bool:
        """Whether nothing happens to the build by itself any more."""
        return self.state in FINISHED_BUILD
