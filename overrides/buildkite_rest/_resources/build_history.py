"""Handwritten lists of builds, which have no limit on their length."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from _buildkite_rest.operations import builds as operations
from _buildkite_rest.resources.builds import AsyncBuilds

from .._base.errors import DecodeError, PaginationError
from .._pagination.page import page_size

if TYPE_CHECKING:
    from _buildkite_rest.models import Build
    from _buildkite_rest.params import BuildMetaDataFilter, BuildStateFilter
    from _buildkite_rest.ports import AsyncPager

_MAX_DISORDER: Final = timedelta(seconds=2)
"""How much later than the builds before it a build may have been created, on the same page or on the next one."""
_ROUNDING: Final = timedelta(seconds=1)
"""The API may round `created_to`, or include it."""
_OVERLAP: Final = _MAX_DISORDER + _ROUNDING
"""How far the next request reaches back into what was read."""


class BuildFilters(TypedDict, total=False):
    """Arguments of the lists of builds that are passed on unchanged."""

    branch: str | Sequence[str] | None
    commit: str | Sequence[str] | None
    state: BuildStateFilter | Sequence[BuildStateFilter] | None
    creator: str | None
    finished_from: datetime | None
    meta_data: BuildMetaDataFilter | None
    include_paused: bool | None
    include_retried_jobs: bool | None
    exclude_jobs: bool | None
    exclude_pipeline: bool | None
    per_page: int | None


class BuildHistory:
    """Progress through a list of builds, newest first.

    After each page, the next request is for the first page of the builds that were created before the last one and the
    overlap. So no page is deep, and builds that are created, deleted or no longer match a filter shift no others.
    """

    def __init__(self, operation_id: str, created_to: datetime | None) -> None:
        self._operation_id = operation_id
        self.created_to = created_to
        """The end of the time that the next request is for."""
        self._oldest: datetime | None = None
        self._seen: dict[str, datetime] = {}
        """When the builds were created that the next request may return again, by their ids."""

    def new_builds(self, builds: Sequence[Build]) -> list[Build]:
        """Return those of a page that no earlier page has.

        Raises:
            DecodeError: One has no `id` or no `created_at`, by which builds are compared.
            PaginationError: They are not sorted by their creation, so that builds would be missed.
        """
        new: list[Build] = []
        for build in builds:
            id_, time = getattr(build, "id", None), getattr(build, "created_at", None)
            if not (isinstance(id_, str) and id_ and isinstance(time, datetime) and time.tzinfo):
                raise DecodeError("a build has no id or no created_at", self._operation_id)
            if id_ in self._seen:
                continue
            if time - min(time, self._oldest or time) > _MAX_DISORDER:
                raise PaginationError(
                    "the builds are not sorted by their creation. Read the list by its pages", self._operation_id
                )
            self._oldest = min(time, self._oldest or time)
            self._seen[id_] = time
            new.append(build)
        return new

    def advance(self) -> bool:
        """Move `created_to` to the builds that follow. False if they are too close: they are on the next page."""
        if self._oldest is None:
            return False
        created_to = self._oldest + _OVERLAP
        if self.created_to is not None and self.created_to - created_to < _OVERLAP:
            return False
        self.created_to = created_to
        self._seen = {id_: time for id_, time in self._seen.items() if time <= created_to + _ROUNDING}
        return True


class AsyncBuildsWithHistory(AsyncBuilds):
    """Lists of builds."""

    async def list_history(
        self,
        org: str | None = None,
        pipeline: str | None = None,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> AsyncGenerator[Build]:
        """Iterate all builds of a pipeline, of an organization or of all organizations, newest first.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds`, `GET /v2/organizations/{org}/builds` or
        `GET /v2/builds`, repeatedly

        Reads by the time of creation: each request is for the first page of the builds created before those already
        read. So the API does not refuse pages as too deep, and no build is missing or returned twice if others are
        created, deleted or no longer match a filter meanwhile. Builds created after the first request are not returned.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization, or None for all organizations.
            pipeline: Slug of the pipeline, or None for all pipelines.
            created_from: Return only builds created at or after this time.
            created_to: Return only builds created before this time. To continue after an interruption, pass the
                `created_at` of the last build plus three seconds, and skip the builds with an `id` that you have.
            max_items: Number of builds after which the iteration ends.
            filters: Further arguments of `list`, except `page`.

        Raises:
            DecodeError: A build has no `id` or no `created_at`.
            PaginationError: The builds are not sorted by their creation.
            TypeError, ValueError: An argument is invalid. Nothing was sent.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-builds-for-a-pipeline
        """
        filters.setdefault("per_page", page_size(max_items))
        list_builds, operation_id = _list_method(self, org, pipeline)
        history, left = BuildHistory(operation_id, created_to), max_items
        while left is None or left > 0:
            found: AsyncPager[Build] = list_builds(
                created_from=created_from, created_to=history.created_to, page=None, **filters
            )
            async with aclosing(found.pages()) as pages:
                async for page in pages:
                    new = history.new_builds(page.items)[:left]
                    for build in new:
                        yield build
                    if left is not None:
                        left -= len(new)
                    if left == 0 or page.next_url is None:
                        return
                    if history.advance():
                        break


def _list_method(builds: AsyncBuilds, org: str | None, pipeline: str | None) -> tuple[Callable[..., Any], str]:
    """Return the method that lists these builds, and its operation id."""
    if pipeline is not None:
        return partial(builds.list, org or "", pipeline), operations.LIST_BUILDS.id
    if org is not None:
        return partial(builds.list_for_organization, org), operations.LIST_ORGANIZATION_BUILDS.id
    return builds.list_all, operations.LIST_ALL_BUILDS.id
