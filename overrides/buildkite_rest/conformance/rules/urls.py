"""Rules of the URLs in a body: they are of the object that has them, of its parents, and of those in the request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from attrs import frozen

from ..api import Api, parameters_of
from ..exchange import Exchange
from . import Context, rule
from .bodies import Node, is_identifier, nodes_of, stem_of

#: URLs whose parts are remembered. Responses repeat them, and several rules read each.
_CACHED: Final = 10_000
_NO_PARTS: Final = SplitResult("", "", "", "", "")
_API: Final = "/v2/"
#: Path parameters in which a response may differ from its request, because the operation makes another object.
_ANOTHER_OBJECT: Final[Mapping[str, frozenset[str]]] = {
    "rebuild": frozenset({"number"}),
    "retry": frozenset({"job_id"}),
    "copy": frozenset({"registry", "package_id"}),
}
#: Parameters that are names, which an update may change.
_NAMES: Final = frozenset({"pipeline", "suite_slug", "registry", "portal_slug", "org"})
_URL: Final = re.compile(r"(https?|git|ssh|wss?)://[^\s/]", re.IGNORECASE)
#: URLs that users enter, or that may be empty or relative.
_ENTERED: Final = frozenset({"webhook_url", "avatar_url", "clone_url", "clone_mirror_url"})
#: URLs in which a user is a credential that nobody should see.
_PUBLIC: Final = frozenset({"clone_url", "clone_mirror_url"})


@frozen
class ApiUrl:
    """A URL of the API."""

    template: str
    values: Mapping[str, str]
    """Values of the path parameters."""

    @property
    def last(self) -> str:
        """The name of the last path parameter, or an empty text."""
        return parameters_of(self.template)[-1] if self.values else ""

    @property
    def is_object(self) -> bool:
        """Whether the last segment identifies an object."""
        return self.template.endswith("}")

    def is_below(self, other: ApiUrl) -> bool:
        """Return whether the URL is that of something in another object."""
        return other.is_object and self.template.startswith(f"{other.template}/")


@rule("url_consistency")
def urls(exchange: Exchange, context: Context) -> Iterator[str]:
    """The URLs of an object agree with its ids, with those around it, and with the request."""
    requested = _requested(exchange)
    organization = {name: value for name, value in requested.items() if name == "org"}
    new = {*map(id, nodes_of(exchange, context, only_new=True))}
    for node in nodes_of(exchange, context):
        if node.parent is not None and id(node) not in new:
            continue  # only the URLs of the objects themselves depend on the request
        for name, url in node.value.items():
            if name.endswith("url"):
                for problem in (*_form_problems(exchange, context, node, name), *_id_problems(node, name)):
                    yield node.about(problem)
            found = find(context.api, _path(exchange, url)) if name.endswith("url") else None
            if found is not None:
                known = [("the request", requested if node.parent is None else organization)]
                known += _around(exchange, context, node, name, found)
                for problem in (*_path_problems(node, name, found), *_differences(name, found, known)):
                    yield node.about(problem)


def _form_problems(exchange: Exchange, context: Context, node: Node, name: str) -> Iterator[str]:
    """Check that a URL is one, without a credential, and if it is of the API that of an operation."""
    url = node.value[name]
    if not isinstance(url, str) or not url:
        return
    if name.endswith("_url") and name not in _ENTERED and _URL.match(url) is None:
        yield f"{name} is not a URL: {url!r}"
    if name not in _ENTERED - _PUBLIC and any(map(_has_user, url.split(","))):
        yield f"{name} has a user or a password"
    path = _path(exchange, url)
    if path.startswith(_API):
        if url_parts(url)[:2] != url_parts(exchange.url)[:2]:
            yield f"{name} has another origin than the request: {url}"
        if name == "web_url" or (name != "url" and find(context.api, path) is None):
            yield f"{name} is not the URL of {'a page' if name == 'web_url' else 'an operation of the API'}: {url}"
    elif name == "web_url":
        own = find(context.api, _path(exchange, node.value.get("url")))
        expected = [*own.values.values()] if own is not None and own.is_object else []
        missing = [each for each in expected if each.lower() not in _words(url)]
        identifiers = node.identifiers.values()
        if missing or (not expected and identifiers and _words(url).isdisjoint(identifiers)):
            yield f"web_url does not contain {[*missing, *identifiers][0]}: {url}"


def _id_problems(node: Node, name: str) -> Iterator[str]:
    other = f"{name.removesuffix('_url')}_id"
    if other in node.value and (node.value[name] is None) != (node.value[other] is None):
        yield f"{name} is {node.value[name]} with {other} {node.value[other]}"


def _path_problems(node: Node, name: str, url: ApiUrl) -> Iterator[str]:
    """Check that `url` is that of the object itself, that `…s_url` is below it, and `x_url` contains `x_id`."""
    if not url.values:
        return
    value, own, shown = url.values[url.last].lower(), node.identifiers, node.value[name]
    if (name == "url") == url.is_object and own and value not in own.values():
        yield f"{name} is that of {value} instead of {next(iter(own.values()))}"
    stem, segment = name.removesuffix("_url"), url.template.rpartition("/")[2].replace("-", "_")
    if not url.is_object and (own if name == "url" else not stem.endswith(segment)):
        yield f"{name} leads to {segment}: {shown}"
    identifier = node.value.get(f"{stem}_id")
    is_named = name != "url" and url.last.endswith(("_id", "_uuid"))
    if is_named and is_identifier(identifier) and str(identifier).lower() != value:
        yield f"{name} does not contain {stem}_id {identifier}"


def _around(
    exchange: Exchange, context: Context, node: Node, name: str, url: ApiUrl
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the path values of the object, and of those around it, that a URL shares."""
    for each in (node, *node.ancestors):
        outer = find(context.api, _path(exchange, each.value.get("url")))
        if outer is not None:
            is_parent = each is not node and name == "url" and outer.is_below(url) and bool(node.name)
            if url.is_below(outer) or (is_parent and node.name.startswith(stem_of(url.last))):
                yield "the object itself" if each is node else "the object around it", outer.values


def _requested(exchange: Exchange) -> Mapping[str, str]:
    values = {name: str(value) for name, value in exchange.values.items()}
    if exchange.request.sent_method == "GET":
        return values
    operation = exchange.operation
    another = _ANOTHER_OBJECT.get(operation.path.rpartition("/")[2], frozenset())
    changed = another | (_NAMES & {*operation.parameters[-1:]})
    return {name: value for name, value in values.items() if name not in changed}


@lru_cache(20_000)
def find(api: Api, path: str) -> ApiUrl | None:
    """Return the URL of a path, which may have an extension, as in `log.txt`, or None if no operation has it."""
    for each in (path, path.rpartition(".")[0]) if path.startswith(_API) else ():
        for operation in api.templates_of(each):
            return ApiUrl(operation.path, operation.values_in(each) or {})
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


def _differences(name: str, url: ApiUrl, known: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for where, expected in known:
        for parameter, value in url.values.items():
            if expected.get(parameter, value).lower() != value.lower():
                yield f"{name} has the {parameter} {value}, {where} has {expected[parameter]}"
                return


@lru_cache(_CACHED)
def is_url(url: str) -> bool:
    """Return whether a URL can be parsed."""
    try:
        _ = urlsplit(url).port  # a property, which is parsed here
    except ValueError:
        return False
    return True


@lru_cache(_CACHED)
def url_parts(url: str) -> SplitResult:
    """Return the parts of a URL, all empty if it cannot be parsed: `urlsplit` raises ValueError then."""
    return urlsplit(url) if is_url(url) else _NO_PARTS
