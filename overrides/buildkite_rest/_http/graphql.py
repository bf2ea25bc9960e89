"""GraphQL: the request of a document, and the result of its response. Nothing is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from .._auth.environment import GRAPHQL_URL_VARIABLE, REST_URL_VARIABLE
from .._base.arguments import check_type, is_mapping, type_name
from .._base.errors import ConfigurationError, DecodeError, GraphQLError, error_entries
from .._base.json_values import as_object, loads_or_none
from .._base.rate_limits import LastLimits
from .._base.safe_text import safe_repr
from .._decoding.ad_hoc import AdHocOperation, check_result_type
from .._decoding.decoder import load_json
from .._decoding.encoding import encode_body
from .._decoding.lenient import attempt
from .ad_hoc import AdHocRequest, ad_hoc_operation
from .options import Settings
from .request import WireRequest

if TYPE_CHECKING:
    from .calls import ReceivedResponse
_SIDE_EFFECT: Final = re.compile(r"\b(?:mutation|subscription)\b", re.ASCII)
"""A document without these words, even in comments and strings, only has queries."""
_NAME: Final = re.compile(r"[A-Za-z_][0-9A-Za-z_]{0,199}")


class _Body(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw()
    errors: msgspec.Raw = msgspec.Raw()


_PARTS: Final = {"data", "errors"}
_decoder: Final = msgspec.json.Decoder(_Body)


def _body_of(operation: AdHocOperation[Any], content: bytes) -> _Body:
    """Return the parts of a response body, which are empty if it is not an object of GraphQL."""
    body = attempt(_decoder.decode, content)
    if isinstance(body, _Body):
        return body
    parts = as_object(load_json(operation, content))  # not strictly JSON
    return _Body(**{name: msgspec.Raw(json.dumps(parts[name]).encode()) for name in _PARTS & parts.keys()})


def _plain(content: msgspec.Raw) -> Any:
    """Return decoded JSON, with bytes that are not UTF-8 replaced, or None if it is not JSON or nested too deeply."""
    return loads_or_none(bytes(content).decode(errors="replace").encode())


def graphql_request(
    settings: Settings,
    query: str,
    variables: Mapping[str, object] | msgspec.Raw | None,
    *,
    operation_name: str | None,
    expected: Any,
) -> AdHocRequest[Any]:
    """Return the request of a call of `graphql`.

    Its rate limits are not those of REST, so the call neither reads nor stores limits of the client.

    Raises:
        ConfigurationError: The client has no URL of the GraphQL API.
        TypeError: An argument has a wrong type.
        ValueError: An argument cannot be sent.
    """
    content = _encode(query, variables, operation_name)
    if expected is not None:
        check_result_type("response_type", expected)
    base_url = settings.graphql_url
    if base_url is None:
        argument = settings.base_url.argument
        solution = "Pass graphql_url=… to the client"
        if argument == REST_URL_VARIABLE:
            solution = f"Set {GRAPHQL_URL_VARIABLE}, or pass graphql_url=… to the client"
        raise ConfigurationError(
            f"there is no URL for graphql, because {argument} is not that of Buildkite. {solution}."
        )
    path = urlsplit(base_url.url).path or "/"
    operation = msgspec.structs.replace(
        ad_hoc_operation("POST", path, expected, has_body=True),
        id="graphql" if operation_name is None else f"graphql {operation_name}",
        idempotent=_SIDE_EFFECT.search(query) is None,
    )
    headers = {"Accept": operation.accept, "Content-Type": operation.body_media}
    wire = WireRequest(operation.method, path, headers, content)
    settings = replace(settings, base_url=base_url, query=(), limits=LastLimits(), pacer=None)
    return AdHocRequest(operation, base_url.url, wire, settings)


def graphql_result(call: AdHocRequest[Any], received: ReceivedResponse) -> Any:
    """Return the decoded result in a response.

    Raises:
        DecodeError: The response is not one of GraphQL, or with `strict` the result does not match its type.
        GraphQLError: The response has errors.
    """
    try:
        return _result(call, received)
    except DecodeError as error:
        received.call.identify(error)
        raise


def _result(call: AdHocRequest[Any], received: ReceivedResponse) -> Any:
    body = _body_of(call.operation, received.content)
    errors = _plain(body.errors)
    if errors or (errors is None and bytes(body.errors) not in (b"", b"null")):  # even if they cannot be decoded
        raise GraphQLError(
            received.call.sent_request(),
            error_entries(errors),
            _plain(body.data),
            status=received.response.status_code,
            headers=received.response.headers,
            content=received.content,
        )
    if not bytes(body.data):
        raise DecodeError("the response has neither data nor errors", call.operation.id)
    return call.settings.decoder.decode(call.operation, bytes(body.data))


def _encode(query: str, variables: Mapping[str, object] | msgspec.Raw | None, operation_name: str | None) -> bytes:
    check_type("query", query, str, "a str")
    if not query.strip():
        raise ValueError("query is empty. Pass a GraphQL document.")
    body: dict[str, object] = {"query": query}
    if variables is not None and not isinstance(variables, msgspec.Raw):
        if not is_mapping(variables):
            raise TypeError(f"variables must be a mapping, not {type_name(variables)}")
        body["variables"] = variables
    if operation_name is not None:
        check_type("operation_name", operation_name, str, "a str")
        if _NAME.fullmatch(operation_name) is None:
            raise ValueError(f"operation_name is not a name of an operation: {safe_repr(operation_name)}")
        body["operationName"] = operation_name
    content = encode_body(body, {})
    if isinstance(variables, msgspec.Raw):
        content = b'%s, "variables": %s}' % (content.removesuffix(b"}"), bytes(variables))
    return content
