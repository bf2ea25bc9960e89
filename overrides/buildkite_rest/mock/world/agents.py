"""Agents: processes that take jobs from a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from .accounts import User
    from .builds import Job
    from .queues import Queue

ConnectionState = Literal["never_connected", "connected", "disconnected", "stopping", "stopped", "lost"]

#: Seconds that an agent needs to shut down once it has no job.
SHUTDOWN_SECONDS = 1.0
#: Minutes that a pause lasts of which nobody says how long.
DEFAULT_PAUSE = 5


@attrs.define(kw_only=True, eq=False)
class Agent:
    """A process that runs jobs."""

    id: str
    name: str
    queue: Queue
    hostname: str
    ip_address: str
    version: str
    creator: User | None
    created_at: float
    connection_state: ConnectionState
    connected_at: float | None = None
    disconnected_at: float | None = None
    lost_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    last_job_finished_at: float | None = None
    priority: int | None = None
    meta_data: tuple[str, ...] = ()
    job: Job | None = None
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    paused_minutes: int | None = None

    @property
    def paused(self) -> bool:
        """Whether the agent gets no further jobs for now."""
        return self.paused_at is not None

    @property
    def takes_jobs(self) -> bool:
        """Whether jobs are sent to the agent."""
        return self.connection_state == "connected" and not self.paused

    def pause(self, now: float, by: User, note: str | None, minutes: int = DEFAULT_PAUSE) -> None:
        """Send no further jobs to the agent for a while, or until it is resumed."""
        self.paused_at, self.paused_by, self.paused_note, self.paused_minutes = now, by, note, minutes

    def resume(self) -> None:
        """Send jobs to the agent again."""
        self.paused_at = self.paused_by = self.paused_note = self.paused_minutes = None

    def stop(self, now: float) -> None:
        """Tell the agent to take no more jobs and to shut down."""
        self.connection_state = "stopping"
        self.stopping_at = now

    def advance(self, now: float) -> None:
        """Do what has become due: the end of a pause, the end of a shutdown."""
        if self._pause_is_over(now):
            self.resume()
        if self.stopping_at is not None and self.job is None and now >= self.stopping_at + SHUTDOWN_SECONDS:
            self.connection_state = "stopped"
            self.stopped_at = self.disconnected_at = self.stopping_at + SHUTDOWN_SECONDS
            self.stopping_at = None

    def _pause_is_over(self, now: float) -> bool:
        if self.paused_at is None or self.paused_minutes is None:
            return False
        # Minutes may be any number, even one that is too large for a float: so they are compared, not added.
        return now - self.paused_at >= 60 * self.paused_minutes
