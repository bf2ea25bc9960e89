"""Schedules, by which pipelines are built again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from .cron import parse_cronline

if TYPE_CHECKING:
    from .accounts import User
    from .pipelines import Pipeline


@attrs.define(kw_only=True, eq=False)
class PipelineSchedule:
    """Times at which a pipeline is built, and what its builds are given."""

    id: str
    pipeline: Pipeline
    cronline: str
    label: str | None = None
    message: str | None = None
    commit: str
    branch: str
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    enabled: bool = True
    failed_message: str | None = None
    failed_at: float | None = None
    created_at: float
    created_by: User | None = None

    def enable(self, *, enabled: bool) -> None:
        """Switch the schedule on or off. One that is switched on again starts without the failure of old."""
        if enabled and not self.enabled:
            self.failed_message = self.failed_at = None
        self.enabled = enabled

    def next_build_at(self, now: float) -> float | None:
        """Return when the next build is due, or None if there will be none."""
        builds = self.enabled and self.pipeline.archived_at is None
        return parse_cronline(self.cronline).next_after(now) if builds else None
