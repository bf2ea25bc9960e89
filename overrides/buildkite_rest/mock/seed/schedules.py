"""Schedules of pipelines: some build, one is switched off, and one has failed."""

from __future__ import annotations

from typing import Any

from ..ids import Kind
from ..world.schedules import PipelineSchedule
from ..world.world import World
from .accounts import DAY, EPOCH

_SCHEDULES: dict[str, tuple[dict[str, Any], ...]] = {
    "web": (
        {"label": "Weekdays", "cronline": "30 6 * * mon-fri Europe/Berlin", "message": "Morning", "env": {"A": "1"}},
        {"label": "Weekly", "cronline": "@weekly", "enabled": False},
        {"label": "Month's end", "cronline": "0 22 L * * -05:00", "commit": "4f2d1e"},
        {
            "label": "Old release",
            "cronline": "0 3 * * *",
            "branch": "release/0.9",
            "enabled": False,
            "failed_message": "There is no branch release/0.9",
            "failed_at": EPOCH - 5 * DAY,
        },
    ),
    "nightly": ({"cronline": "@daily", "message": "Nightly"},),
    "upkeep": ({"label": "Vacuum", "cronline": "0 4 * * sun%2+1"}, {"label": "Hourly", "cronline": "@hourly"}),
    "legacy": ({"label": "Archived", "cronline": "@monthly"},),
}


def add_schedules(world: World) -> None:
    """Add schedules to some pipelines of `acme`."""
    acme = world.organizations["acme"]
    for slug, schedules in _SCHEDULES.items():
        pipeline = acme.pipelines[slug]
        for number, values in enumerate(schedules):
            given: dict[str, Any] = {"commit": "HEAD", "branch": pipeline.default_branch, **values}
            schedule = PipelineSchedule(
                id=world.new_id(Kind.SCHEDULE),
                pipeline=pipeline,
                created_at=EPOCH - (200 - number) * DAY,
                created_by=pipeline.created_by,
                **given,
            )
            pipeline.schedules[schedule.id] = schedule
