"""States of builds and jobs, by whether they are final."""

from __future__ import annotations

from typing import Final

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
