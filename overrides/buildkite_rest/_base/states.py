"""States of builds and jobs, and whether they have finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job

UNSTARTED_STATES: Final = frozenset(
    {
        *("creating", "pending", "waiting", "blocked", "limiting", "limited", "platform_limiting", "platform_limited"),
        *("scheduled", "reserved", "assigned", "accepted"),
    }
)
"""States of builds and jobs that will start, or may: a block step waits for somebody to unblock it."""
ACTIVE_STATES: Final = frozenset({"running", "failing", "canceling", "timing_out"})
"""States of builds and jobs that have started and not finished."""
UNFINISHED_STATES: Final = UNSTARTED_STATES | ACTIVE_STATES
FINISHED_STATES: Final = frozenset(
    {
        *("passed", "failed", "canceled", "timed_out", "expired", "skipped", "not_run", "broken"),
        *("waiting_failed", "blocked_failed", "unblocked", "unblocked_failed", "finished"),
    }
)
"""States that a build or a job leaves only if somebody retries or unblocks something."""


def is_finished(build_or_job: Build | Job) -> bool:
    """Whether a build or a job has finished in any state, was unblocked, or will not run because its build has failed.

    One in a state that the spec lacks has finished if it has a `finished_at`. A build that waits at a block step keeps
    its previous state, which may be `passed`: check `build.blocked` too.
    """
    state: object = getattr(build_or_job, "state", None)
    if isinstance(state, str) and state in FINISHED_STATES | UNFINISHED_STATES:
        return state in FINISHED_STATES
    return getattr(build_or_job, "finished_at", None) is not None
