"""Polling of builds for their changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

from .._base.safe_text import safe_excerpt
from .._decoding.decoder import expect_object
from .build_lists import AsyncBuildLists, BuildLists
from .polling import OUTAGES, BuildChange, ChangeTracker, JobChange, PollSchedule, has_stopped
from .resource import AsyncResource, Resource

if TYPE_CHECKING:
    from _buildkite_rest.models import Build


class PolledBuilds(Resource, BuildLists):
    """Builds whose changes are polled."""

    def _follow(self, org: str, pipeline: str, number: int, polls: PollSchedule) -> Generator[BuildChange | JobChange]:
        tracker = ChangeTracker()
        build: Build | None = None
        while True:
            polls.start_poll()
            try:
                found = self._with_settings(polls.settings(describe_state(number, build))).get(
                    org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                build = polls.build = expect_object("getBuild", found)
                yield from tracker.since_last(build)
                if has_stopped(build):
                    return
            self._http.timing.sleep(polls.next_pause(describe_state(number, build)))


class AsyncPolledBuilds(AsyncResource, AsyncBuildLists):
    """Builds whose changes are polled."""

    async def _follow(
        self, org: str, pipeline: str, number: int, polls: PollSchedule
    ) -> AsyncGenerator[BuildChange | JobChange]:
        tracker = ChangeTracker()
        build: Build | None = None
        while True:
            polls.start_poll()
            try:
                found = await self._with_settings(polls.settings(describe_state(number, build))).get(
                    org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                build = polls.build = expect_object("getBuild", found)
                for change in tracker.since_last(build):
                    yield change
                if has_stopped(build):
                    return
            await self._http.timing.async_sleep(polls.next_pause(describe_state(number, build)))


def describe_state(number: int, build: Build | None) -> str:
    """Describe the last known state of a build for a message."""
    if build is None:
        return f"the state of build {number} is unknown"
    if build.state is None:  # pyright: ignore[reportUnnecessaryComparison] - lenient decoding
        return f"build {number} has no state"
    if has_stopped(build):
        return safe_excerpt(f"build {number} is {build.state}, but its jobs could not be fetched")
    return safe_excerpt(f"build {number} is still {build.state}")
