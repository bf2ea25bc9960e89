"""Handwritten lists of builds, which have no limit on their length."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from _buildkite_rest.operations import builds as operations
from _buildkite_rest.resources.builds import AsyncBuilds, Builds

from .._base.errors import BadRequestError
from .build_history import BuildFilters, BuildHistory, check_filters

if TYPE_CHECKING:
    from _buildkite_rest.models import Build
    from _buildkite_rest.ports import AsyncPager, Pager


class BuildLists(Builds):
    """Lists of builds."""

    def list_history(
        self,
        org: str,
        pipeline: str,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> Generator[Build]:
        """Iterate all builds of a pipeline, newest first.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds`, repeatedly

        Reads by the time of creation: each request is for the first page of the builds created before those already
        read. So the API does not refuse pages as too deep, and no build is missing or returned twice if others are
        created, deleted or no longer match a filter meanwhile. Builds created after the first request are not returned.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
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

        def created_before(created_to: datetime | None) -> Pager[Build]:
            return self.list(org, pipeline, created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _read_history(created_before, BuildHistory(operations.LIST_BUILDS.id, created_to, max_items))

    def list_organization_history(
        self,
        org: str,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> Generator[Build]:
        """Iterate all builds of an organization, newest first.

        `GET /v2/organizations/{org}/builds`, repeatedly

        Reads by the time of creation: each request is for the first page of the builds created before those already
        read. So the API does not refuse pages as too deep, and no build is missing or returned twice if others are
        created, deleted or no longer match a filter meanwhile. Builds created after the first request are not returned.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            created_from: Return only builds created at or after this time.
            created_to: Return only builds created before this time. To continue after an interruption, pass the
                `created_at` of the last build plus three seconds, and skip the builds with an `id` that you have.
            max_items: Number of builds after which the iteration ends.
            filters: Further arguments of `list_for_organization`, except `page`.

        Raises:
            DecodeError: A build has no `id`.
            PaginationError: The API refuses to list all builds that were created within six seconds, or the builds are
                not sorted by their creation, or the list repeats them without end.
            TypeError, ValueError: An argument is invalid. Nothing was sent.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-builds-for-an-organization
        """

        def created_before(created_to: datetime | None) -> Pager[Build]:
            return self.list_for_organization(org, created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _read_history(
            created_before, BuildHistory(operations.LIST_ORGANIZATION_BUILDS.id, created_to, max_items)
        )

    def list_all_history(
        self,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> Generator[Build]:
        """Iterate all builds of all organizations, newest first.

        `GET /v2/builds`, repeatedly

        Reads by the time of creation: each request is for the first page of the builds created before those already
        read. So the API does not refuse pages as too deep, and no build is missing or returned twice if others are
        created, deleted or no longer match a filter meanwhile. Builds created after the first request are not returned.

        Scopes: `read_builds`.

        Args:
            created_from: Return only builds created at or after this time.
            created_to: Return only builds created before this time. To continue after an interruption, pass the
                `created_at` of the last build plus three seconds, and skip the builds with an `id` that you have.
            max_items: Number of builds after which the iteration ends.
            filters: Further arguments of `list_all`, except `page`.

        Raises:
            DecodeError: A build has no `id`.
            PaginationError: The API refuses to list all builds that were created within six seconds, or the builds are
                not sorted by their creation, or the list repeats them without end.
            TypeError, ValueError: An argument is invalid. Nothing was sent.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-all-builds
        """

        def created_before(created_to: datetime | None) -> Pager[Build]:
            return self.list_all(created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _read_history(created_before, BuildHistory(operations.LIST_ALL_BUILDS.id, created_to, max_items))


class AsyncBuildLists(AsyncBuilds):
    """Lists of builds."""

    def list_history(
        self,
        org: str,
        pipeline: str,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> AsyncGenerator[Build]:
        """Iterate all builds of a pipeline, newest first. See `Builds.list_history`."""

        def created_before(created_to: datetime | None) -> AsyncPager[Build]:
            return self.list(org, pipeline, created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _async_read_history(created_before, BuildHistory(operations.LIST_BUILDS.id, created_to, max_items))

    def list_organization_history(
        self,
        org: str,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> AsyncGenerator[Build]:
        """Iterate all builds of an organization, newest first. See `Builds.list_organization_history`."""

        def created_before(created_to: datetime | None) -> AsyncPager[Build]:
            return self.list_for_organization(org, created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _async_read_history(
            created_before, BuildHistory(operations.LIST_ORGANIZATION_BUILDS.id, created_to, max_items)
        )

    def list_all_history(
        self,
        *,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        max_items: int | None = None,
        **filters: Unpack[BuildFilters],
    ) -> AsyncGenerator[Build]:
        """Iterate all builds of all organizations, newest first. See `Builds.list_all_history`."""

        def created_before(created_to: datetime | None) -> AsyncPager[Build]:
            return self.list_all(created_from=created_from, created_to=created_to, **filters)

        check_filters(filters, max_items)
        created_before(created_to)  # checks the other arguments
        return _async_read_history(created_before, BuildHistory(operations.LIST_ALL_BUILDS.id, created_to, max_items))


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
