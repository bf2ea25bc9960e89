"""The method of the clients that sends GraphQL requests."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    import msgspec

    from .transport import AsyncHTTPPort, HTTPPort

T = TypeVar("T")


class GraphQLEndpoint:
    """GraphQL requests."""

    _http: HTTPPort

    @overload
    def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: type[T],
        operation_name: str | None = None,
    ) -> T: ...
    @overload
    def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: UnionType | None = None,
        operation_name: str | None = None,
    ) -> Any: ...
    def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: Any = None,  # noqa: A002 - the name that msgspec uses
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
            type: The type of the result, the field `data` of the response: a `TypedDict`, dataclass, `msgspec.Struct`
                or another type that msgspec decodes. By default the result is returned as plain Python objects.
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

        call = graphql_request(self._http.settings, query, variables, operation_name=operation_name, expected=type)
        port = self._http.with_settings(call.settings)
        return graphql_result(call, port.call(call.operation, call.url, call.wire))


class AsyncGraphQLEndpoint:
    """GraphQL requests. See `GraphQLEndpoint`."""

    _http: AsyncHTTPPort

    @overload
    async def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: type[T],
        operation_name: str | None = None,
    ) -> T: ...
    @overload
    async def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: UnionType | None = None,
        operation_name: str | None = None,
    ) -> Any: ...
    async def graphql(
        self,
        query: str,
        variables: Mapping[str, object] | msgspec.Raw | None = None,
        *,
        type: Any = None,  # noqa: A002 - the name that msgspec uses
        operation_name: str | None = None,
    ) -> Any:
        """Send a GraphQL request and return its result: `await client.graphql("{ viewer { user { name } } }")`.

        See `Buildkite.graphql`.
        """
        from .graphql import graphql_request, graphql_result  # noqa: PLC0415 - imported when it is first used

        call = graphql_request(self._http.settings, query, variables, operation_name=operation_name, expected=type)
        port = self._http.with_settings(call.settings)
        return graphql_result(call, await port.call(call.operation, call.url, call.wire))
