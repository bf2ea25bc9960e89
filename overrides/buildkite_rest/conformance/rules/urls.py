"""Rules of the URLs in a body: they are of the object that has them, and of those in the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ..api import Api, Operation
from ..exchange import Exchange
from . import Context, rule
from .bodies import Node, nodes_of

#: URLs whose parts are remembered. Responses repeat them, and several rules read each.
_CACHED: Final = 10_000
_NO_PARTS: Final = SplitResult("", "", "", "", "")
_API: Final = "/v2/"
#: URLs that users enter, in which a user may not be a credential.
_ENTERED: Final = frozenset({"webhook_url", "avatar_url"})


@rule("url_consistency")
def urls(exchange: Exchange, context: Context) -> Iterator[str]:
    """The URLs of an object have its ids and those of the request; a URL of the API is that of an operation."""
    read = {name: str(value) for name, value in exchange.values.items()}
    requested = read if exchange.request.sent_method == "GET" else {}
    new = {*map(id, nodes_of(exchange, context, only_new=True))}
    for node in nodes_of(exchange, context):
        if node.parent is not None and id(node) not in new:
            continue  # only the URLs of the objects themselves depend on the request
        for name, url in node.value.items():
            if name.endswith("url") and isinstance(url, str) and url:
                for problem in _problems(exchange, context, node, name, requested):
                    yield node.about(problem)


def _problems(
    exchange: Exchange, context: Context, node: Node, name: str, requested: Mapping[str, str]
) -> Iterator[str]:
    url = node.value[name]
    path = _path(exchange, url)
    found = find(context.api, path)
    if name not in _ENTERED and any(map(_has_user, url.split(","))):
        yield f"{name} has a user or a password"
    if path.startswith(_API) and url_parts(url)[:2] != url_parts(exchange.url)[:2]:
        yield f"{name} has another origin than the request: {url}"
    if path.startswith(_API) and (name == "web_url" or (found is None and name != "url")):
        yield f"{name} is not the URL of {'a page' if name == 'web_url' else 'an operation of the API'}: {url}"
    object_url = find(context.api, _path(exchange, node.value.get("url"))) if name == "web_url" else None
    for each in object_url[1].values() if object_url is not None else ():
        if each.lower() not in _words(url):
            yield f"web_url does not contain {each}: {url}"
    if found is None or not found[1]:
        return
    operation, values = found
    last, own = [*values.values()][-1], node.identifiers.values()
    if (name == "url") == operation.path.endswith("}") and own and last.lower() not in own:
        yield f"{name} is that of {last} instead of {next(iter(own))}"
    for parameter in values.keys() & requested.keys() if node.parent is None else ():
        if values[parameter].lower() != requested[parameter].lower():
            yield f"{name} has the {parameter} {values[parameter]}, the request has {requested[parameter]}"


@lru_cache(20_000)
def find(api: Api, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    """Return the operation and the path values of a URL, which may have an extension, as in `log.txt`."""
    for each in (path, path.rpartition(".")[0]) if path.startswith(_API) else ():
        for operation in api.templates_of(each):
            return operation, operation.values_in(each) or {}
    return None


def _path(exchange: Exchange, url: Any) -> str:
    """Return the path of a URL below that of the server."""
    base = exchange.path.partition(_API)[0]
    return url_parts(url).path.removeprefix(base) if isinstance(url, str) else ""


def _has_user(url: str) -> bool:
    parts = url_parts(url.strip())
    return parts.scheme.lower() in {"http", "https"} and bool(parts.username or parts.password)


@lru_cache(10_000)
def _words(url: str) -> frozenset[str]:
    """Return the segments, the fragment and the query values of a URL, in lower case."""
    parts = url_parts(url)
    values = [value for _, value in parse_qsl(parts.query)]
    return frozenset(unquote(each).lower() for each in (*parts.path.split("/"), *parts.fragment.split("/"), *values))


@lru_cache(_CACHED)
def url_parts(url: str) -> SplitResult:
    """Return the parts of a URL, all empty if it cannot be parsed."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a property, which is parsed here
    except ValueError:
        return _NO_PARTS
    return parts
