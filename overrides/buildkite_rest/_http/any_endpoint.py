"""The methods of the clients that request any path of the API, or send GraphQL documents."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar, Unpack, overload

from _buildkite_rest.ports import AsyncPager, Pager

if TYPE_CHECKING:
    import msgspec

    from .port import AsyncHTTPPort, HTTPPort

T = TypeVar("T")
Variables: TypeAlias = "Mapping[str, object] | msgspec.Raw | None"


class RequestOptions(TypedDict, total=False):
    """Optional arguments of `request`."""

    query: Mapping[str, object] | None
    json: object
    headers: Mapping[str, str] | None


class ListOptions(TypedDict, total=False):
    """Optional arguments of `paginate`."""

    query: Mapping[str, object] | None
    headers: Mapping[str, str] | None
    max_items: int | None


class AnyEndpoint:
    """Requests of paths that the spec lacks, and of GraphQL documents."""

    _http: HTTPPort

    @overload
    def request(self, method: str, path: str, *, response_type: type[T], **options: Unpack[RequestOptions]) -> T: ...
    @overload
    def request(
        self, method: str, path: str, *, response_type: UnionType | None = None, **options: Unpack[RequestOptions]
    ) -> Any: ...
    def request(
        self,
        method: str,
        path: str,
        *,
        response_type: Any = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Send a request to any path of the API: `client.request("GET", "/v2/organizations/acme/new-things")`.

        For operations that have no method yet. It has the credentials, retries, limits and deadline of other calls, and
        raises the same errors. `GET`, `HEAD`, `OPTIONS`, `PUT` and `DELETE` are retried as idempotent methods, except
        at the paths of operations that are known not to be, such as `PUT …/rebuild`.

        Args:
            method: `GET`, `HEAD`, `OPTIONS`, `POST`, `PUT`, `PATCH` or `DELETE`.
            path: A path, such as `/v2/organizations/acme`, or a URL of the API, such as `build.url`. It may have a
                query. What is not ASCII is percent-encoded; escapes such as `%2F` are preserved.
            response_type: The type of the result: a model such as `models.Build`, `list[models.Build]`, or another
                type that msgspec decodes. `bytes` returns the body, `str` its text. By default JSON is returned as
                plain Python objects, and None for an empty body, which any type with None accepts.
            query: Query parameters, in place of those in `path` with the same name before a bracket. A value is a str,
                int, bool or datetime; a list is written as `name[]=…`, a mapping as `name[key]=…`, and neither may be
                empty. `None` is not sent, and replaces nothing.
            json: The body: any value that can be represented in JSON, or a model. `None` is sent as null. The text of a
                `msgspec.Raw` is sent unchanged.
            headers: Further headers. They replace those of the client with the same name.

        Raises:
            BuildkiteError: The request failed, or the response cannot be decoded.
            TypeError: An argument has another type, or `json` cannot be represented in JSON.
            ValueError: `path` is on another origin or would be changed by `..`, or an argument cannot be sent.
        """
        from .ad_hoc import single_request  # noqa: PLC0415 - imported when it is first used

        call = single_request(self._http.settings, method, path, expected=response_type, **options)
        return self._http.with_settings(call.settings).send_wire(call.operation, call.url, call.wire)

    @overload
    def paginate(self, path: str, *, item_type: type[T], **options: Unpack[ListOptions]) -> Pager[T]: ...
    @overload
    def paginate(
        self, path: str, *, item_type: UnionType | None = None, **options: Unpack[ListOptions]
    ) -> Pager[Any]: ...
    def paginate(
        self,
        path: str,
        *,
        item_type: Any = None,
        **options: Unpack[ListOptions],
    ) -> Pager[Any]:
        """Return the list at any path of the API: `client.paginate("/v2/organizations/acme/new-things")`.

        Both kinds of lists are supported: arrays with a `Link` header, and objects of `items` and `links`. Nothing is
        sent before the list is iterated. See `request` for the other arguments and the errors.

        Args:
            path: A path or a URL of the API. The page size is 100 or, if that is less, `max_items`, unless `path` or
                `query` has `per_page`.
            item_type: The type of an item. By default items are plain Python objects.
            query: Query parameters of the first page. The URLs of next pages come from the API.
            headers: Further headers, of each page.
            max_items: Number of items after which the iteration ends.

        Raises:
            TypeError: An argument has another type.
            ValueError: `path` is on another origin or would be changed by `..`, an argument cannot be sent,
                the number or the size of the page is less than 1, or `max_items` is negative.
        """
        from .ad_hoc import list_request  # noqa: PLC0415 - imported when it is first used

        call = list_request(self._http.settings, path, expected=item_type, **options)
        return self._http.with_settings(call.settings).paginate_wire(
            call.operation, call.url, call.wire, options.get("max_items")
        )

    @overload
    def graphql(
        self, query: str, variables: Variables = None, *, response_type: type[T], operation_name: str | None = None
    ) -> T: ...
    @overload
    def graphql(
        self,
        query: str,
        variables: Variables = None,
        *,
        response_type: UnionType | None = None,
        operation_name: str | None = None,
    ) -> Any: ...
    def graphql(
        self,
        query: str,
        variables: Variables = None,
        *,
        response_type: Any = None,
        operation_name: str | None = None,
    ) -> Any:
        """Send a GraphQL request and return its result: `client.graphql("{ viewer { user { name } } }")`.

        `POST https://graphql.buildkite.com/v1`, or `graphql_url` of the client. It has the credentials, headers,
        retries and deadline of other calls. Only a document with neither the word `mutation` nor the word
        `subscription` is retried after a failure that may have had an effect. The rate limits are separate: `pacing`
        and `rate_limits` are those of REST. They count points of complexity in windows of five minutes.

        Args:
            query: The document: a query or a mutation, or several named ones.
            variables: Its variables: values that can be represented in JSON, or models. The text of a JSON object in a
                `msgspec.Raw` is sent unchanged.
            response_type: The type of the result, the field `data` of the response: a `TypedDict`, dataclass,
                `msgspec.Struct` or another type that msgspec decodes. By default the result is returned as plain Python
                objects.
            operation_name: Name of the operation to execute, if the document has several.

        Raises:
            BuildkiteError: The request failed, or the response cannot be decoded.
            ConfigurationError: The client has another base URL than that of Buildkite, and no URL of the GraphQL API.
            GraphQLError: The response has errors. The error has the rest of the result.
            TypeError: An argument has another type, or a variable cannot be represented in JSON.
            ValueError: An argument is empty or cannot be sent.

        Scopes: `graphql`.

        Source: https://buildkite.com/docs/apis/graphql-api
        """
        from .graphql import graphql_request, graphql_result  # noqa: PLC0415 - imported when it is first used

        call = graphql_request(
            self._http.settings, query, variables, operation_name=operation_name, expected=response_type
        )
        port = self._http.with_settings(call.settings)
        return graphql_result(call, port.call(call.operation, call.url, call.wire))


class AsyncAnyEndpoint:
    """Requests of paths that the spec lacks, and of GraphQL documents. See `AnyEndpoint`."""

    _http: AsyncHTTPPort

    @overload
    async def request(
        self, method: str, path: str, *, response_type: type[T], **options: Unpack[RequestOptions]
    ) -> T: ...
    @overload
    async def request(
        self, method: str, path: str, *, response_type: UnionType | None = None, **options: Unpack[RequestOptions]
    ) -> Any: ...
    async def request(
        self,
        method: str,
        path: str,
        *,
        response_type: Any = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Send a request to any path: `await client.request("GET", "/v2/organizations/acme/new-things")`.

        See `Buildkite.request`.
        """
        from .ad_hoc import single_request  # noqa: PLC0415 - imported when it is first used

        call = single_request(self._http.settings, method, path, expected=response_type, **options)
        return await self._http.with_settings(call.settings).send_wire(call.operation, call.url, call.wire)

    @overload
    def paginate(self, path: str, *, item_type: type[T], **options: Unpack[ListOptions]) -> AsyncPager[T]: ...
    @overload
    def paginate(
        self, path: str, *, item_type: UnionType | None = None, **options: Unpack[ListOptions]
    ) -> AsyncPager[Any]: ...
    def paginate(
        self,
        path: str,
        *,
        item_type: Any = None,
        **options: Unpack[ListOptions],
    ) -> AsyncPager[Any]:
        """Return the list at any path: `async for thing in client.paginate("/v2/organizations/acme/new-things")`.

        See `Buildkite.paginate`.
        """
        from .ad_hoc import list_request  # noqa: PLC0415 - imported when it is first used

        call = list_request(self._http.settings, path, expected=item_type, **options)
        return self._http.with_settings(call.settings).paginate_wire(
            call.operation, call.url, call.wire, options.get("max_items")
        )

    @overload
    async def graphql(
        self, query: str, variables: Variables = None, *, response_type: type[T], operation_name: str | None = None
    ) -> T: ...
    @overload
    async def graphql(
        self,
        query: str,
        variables: Variables = None,
        *,
        response_type: UnionType | None = None,
        operation_name: str | None = None,
    ) -> Any: ...
    async def graphql(
        self,
        query: str,
        variables: Variables = None,
        *,
        response_type: Any = None,
        operation_name: str | None = None,
    ) -> Any:
        """Send a GraphQL request and return its result: `await client.graphql("{ viewer { user { name } } }")`.

        See `Buildkite.graphql`.
        """
        from .graphql import graphql_request, graphql_result  # noqa: PLC0415 - imported when it is first used

        call = graphql_request(
            self._http.settings, query, variables, operation_name=operation_name, expected=response_type
        )
        port = self._http.with_settings(call.settings)
        return graphql_result(call, await port.call(call.operation, call.url, call.wire))
