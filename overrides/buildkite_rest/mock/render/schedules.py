"""Schedules of pipelines as JSON."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.schedules import PipelineSchedule
from .accounts import user_or_none
from .view import Json, View


def pipeline_schedule(view: View, schedule: PipelineSchedule, now: float) -> Json:
    """Write a schedule, and when it builds next."""
    pipeline_url = view.pipeline_url(schedule.pipeline)
    return {
        "id": schedule.id,
        "graphql_id": graphql_id("PipelineSchedule", schedule.id),
        "url": f"{pipeline_url}/schedules/{schedule.id}",
        "label": schedule.label,
        "cronline": schedule.cronline,
        "message": schedule.message,
        "commit": schedule.commit,
        "branch": schedule.branch,
        "env": dict(schedule.env),
        "enabled": schedule.enabled,
        "next_build_at": iso_or_none(schedule.next_build_at(now)),
        "failed_message": schedule.failed_message,
        "failed_at": iso_or_none(schedule.failed_at),
        "created_at": iso(schedule.created_at),
        "created_by": user_or_none(schedule.created_by),
        "pipeline": {"id": schedule.pipeline.id, "slug": schedule.pipeline.slug, "url": pipeline_url},
    }
