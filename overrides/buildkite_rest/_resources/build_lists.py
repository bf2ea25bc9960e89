"""Handwritten lists of builds, which have no limit on their length."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Unpack

from _buildkite_rest.operations import builds as operations
from _buildkite_rest.resources.builds import AsyncBuilds, Builds

from .._base.errors import BadRequestError
from .._pagination.page import page_size
from .build_history import BuildFilters, BuildHistory

if TYPE_CHECKING:
    from _buildkite_rest.models import Build
    from _buildkite_rest.ports import AsyncPager, Pager


class BuildLists(Builds):
    """Lists of builds."""

    def list_history(
        self,
        org: str | None = None,
        pipeline: str | None = None,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> Generator[Build]:
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
            DecodeError: A build has no `id`.
            PaginationError: The API refuses to list all builds that were created within six seconds, or the builds are
                not sorted by their creation, or the list repeats them without end.
            TypeError, ValueError: An argument is invalid. Nothing was sent.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-builds-for-a-pipeline
        """
        filters.setdefault("per_page", page_size(max_items))
        list_builds: Callable[..., Pager[Build]]
        if pipeline is not None:
            list_builds, operation = partial(self.list, org or "", pipeline), operations.LIST_BUILDS
        elif org is not None:
            list_builds, operation = partial(self.list_for_organization, org), operations.LIST_ORGANIZATION_BUILDS
        else:
            list_builds, operation = self.list_all, operations.LIST_ALL_BUILDS

        def created_before(created_to: datetime | None) -> Pager[Build]:
            return list_builds(created_from=created_from, created_to=created_to, page=None, **filters)

        created_before(created_to)  # checks the arguments
        return _read_history(created_before, BuildHistory(operation.id, created_to, max_items))


class AsyncBuildLists(AsyncBuilds):
    """Lists of builds."""

    def list_history(
        self,
        org: str | None = None,
        pipeline: str | None = None,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> AsyncGenerator[Build]:
        """Iterate all builds of a pipeline, of an organization or of all organizations. See `Builds.list_history`."""
        filters.setdefault("per_page", page_size(max_items))
        list_builds: Callable[..., AsyncPager[Build]]
        if pipeline is not None:
            list_builds, operation = partial(self.list, org or "", pipeline), operations.LIST_BUILDS
        elif org is not None:
            list_builds, operation = partial(self.list_for_organization, org), operations.LIST_ORGANIZATION_BUILDS
        else:
            list_builds, operation = self.list_all, operations.LIST_ALL_BUILDS

        def created_before(created_to: datetime | None) -> AsyncPager[Build]:
            return list_builds(created_from=created_from, created_to=created_to, page=None, **filters)

        created_before(created_to)  # checks the arguments
        return _async_read_history(created_before, BuildHistory(operation.id, created_to, max_items))


def _read_history(created_before: Callable[[datetime | None], Pager[Build]], history: BuildHistory) -> Generator[Build]:
    while not history.is_complete():
        with closing(created_before(history.created_to).pages()) as pages:
            while True:
                try:
                    page = next(pages)
                except BadRequestError as error:
                    history.check_depth(error)
                    raise
                yield from history.new_builds(page.items)
                if history.is_complete() or page.next_url is None:
                    return
                if history.advance():
                    break


async def _async_read_history(
    created_before: Callable[[datetime | None], AsyncPager[Build]], history: BuildHistory
) -> AsyncGenerator[Build]:
    while not history.is_complete():
        async with aclosing(created_before(history.created_to).pages()) as pages:
            while True:
                try:
                    page = await anext(pages)
                except BadRequestError as error:
                    history.check_depth(error)
                    raise
                for build in history.new_builds(page.items):
                    yield build
                if history.is_complete() or page.next_url is None:
                    return
                if history.advance():
                    break
