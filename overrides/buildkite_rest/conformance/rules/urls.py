"""Rules of the URLs in a body: they are of the object that has them, of its parents, and of those in the request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from attrs import frozen

from ..api import Api, parameters_of
from ..exchange import Exchange
from ..urls import url_parts
from . import Context, rule
from .bodies import Node, is_identifier, nodes_of, stem_of

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


@frozen(eq=False)
class _Urls:
    """The URLs of an object."""

    exchange: Exchange
    node: Node
    own: Mapping[str, str]
    """All URLs by name."""
    found: Mapping[str, ApiUrl]
    """Those of the API."""
    requested: Mapping[str, str]
    """Path parameters of the request that URLs of the object have too."""
    identifiers: Mapping[str, str]

    def problems(self, context: Context) -> Iterator[str]:
        """Yield what is wrong with the URLs."""
        yield from self._form_problems()
        for name, url in self.found.items():
            yield from self._identity_problems(name, url)
        yield from self._family_problems(context)
        yield from self._web_problems()
        value = self.node.value
        for name, url in value.items():
            other = f"{name.removesuffix('_url')}_id" if name.endswith("_url") else ""
            if other in value and (url is None) != (value[other] is None):
                yield f"{name} is {url} with {other} {value[other]}"

    def _form_problems(self) -> Iterator[str]:
        for name, url in self.own.items():
            if not url:
                continue
            if name.endswith("_url") and name not in _ENTERED and _URL.match(url) is None:
                yield f"{name} is not a URL: {url!r}"
            if name not in _ENTERED - _PUBLIC and any(map(_has_user, url.split(","))):
                yield f"{name} has a user or a password"
            if not _path(self.exchange, url).startswith(_API):
                continue
            if name == "web_url":
                yield f"web_url is a URL of the API: {url}"
            if url_parts(url)[:2] != url_parts(self.exchange.url)[:2]:
                yield f"{name} has another origin than the request: {url}"
            if name not in self.found and name != "url":
                yield f"{name} is not the URL of an operation of the API: {url}"

    def _identity_problems(self, name: str, url: ApiUrl) -> Iterator[str]:
        """Check that `url` is that of the object itself, that `…s_url` is below it, and `x_url` contains `x_id`."""
        if not url.values:
            return
        value, own = url.values[url.last].lower(), self.identifiers
        is_own = (name == "url") == url.is_object
        if is_own and own and value not in own.values():
            yield f"{name} is that of {value} instead of {next(iter(own.values()))}"
        stem, segment = name.removesuffix("_url"), url.template.rpartition("/")[2].replace("-", "_")
        if name == "url" and not url.is_object and own:
            yield f"url is not the URL of an object: {self.own[name]}"
        if name != "url" and not url.is_object and not stem.endswith(segment):
            yield f"{name} leads to {segment}: {self.own[name]}"
        identifier = self.node.value.get(f"{stem}_id")
        is_named = name != "url" and url.last.endswith(("_id", "_uuid"))
        if is_named and is_identifier(identifier) and str(identifier).lower() != value:
            yield f"{name} does not contain {stem}_id {identifier}"

    def _family_problems(self, context: Context) -> Iterator[str]:
        """Check that URLs have the parents of the URLs beside and around them, and of the request."""
        known = [(f"{name} beside it", url) for name, url in self.found.items()]
        for ancestor in self.node.ancestors:
            outer = find(context.api, _path(self.exchange, ancestor.value.get("url")))
            known += [] if outer is None else [("the object around it", outer)]
        for name, url in self.found.items():
            for where, other in known:
                is_parent = name == "url" and other.is_below(url) and bool(self.node.name) and _names(self.node, url)
                if url.is_below(other) or (is_parent and where.startswith("the")):
                    yield from _differences(name, url, other.values, where)
            yield from _differences(name, url, self.requested, "the request")

    def _web_problems(self) -> Iterator[str]:
        """Check that `web_url` contains the names and ids in `url`, or those of the object."""
        page, own = self.own.get("web_url"), self.found.get("url")
        if not page or "web_url" in self.found:
            return
        words, identifiers = _words(page), self.identifiers.values()
        expected = [*own.values.values()] if own is not None and own.is_object else []
        if missing := [each for each in expected if each.lower() not in words]:
            yield f"web_url does not contain {missing[0]}: {page}"
        elif not expected and identifiers and words.isdisjoint(identifiers):
            yield f"web_url does not contain {next(iter(identifiers))}: {page}"


@rule("url_consistency")
def urls(exchange: Exchange, context: Context) -> Iterator[str]:
    """The URLs of an object agree with its ids, with one another, with those around it, and with the request."""
    requested = _requested(exchange)
    organization = {name: value for name, value in requested.items() if name == "org"}
    new = {*map(id, nodes_of(exchange, context, only_new=True))}
    for node in nodes_of(exchange, context):
        if node.parent is not None and id(node) not in new:
            continue  # only the URLs of the objects themselves depend on the request
        own = {name: url for name, url in node.value.items() if name.endswith("url") and isinstance(url, str)}
        if own:
            parsed = ((name, find(context.api, _path(exchange, url))) for name, url in own.items())
            found = {name: url for name, url in parsed if url is not None}
            known = requested if node.parent is None else organization
            for problem in _Urls(exchange, node, own, found, known, node.identifiers).problems(context):
                yield node.about(problem)


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
    segments = path.split("/")
    for template in _templates(api).get(len(segments), ()) if path.startswith(_API) else ():
        pairs = [*zip(template.split("/"), segments, strict=True)]
        if all(a == b or a.startswith("{") or b.startswith(f"{a}.") for a, b in pairs):
            return ApiUrl(template, {a[1:-1]: unquote(b) for a, b in pairs if a.startswith("{")})
    return None


@lru_cache(4)
def _templates(api: Api) -> Mapping[int, list[str]]:
    """Return the path templates by number of segments, those with fewer parameters first."""
    found: dict[int, list[str]] = {}
    for path in sorted({each.path for each in api.operations}, key=lambda each: each.count("{")):
        found.setdefault(len(path.split("/")), []).append(path)
    return found


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


def _differences(name: str, url: ApiUrl, expected: Mapping[str, str], where: str) -> Iterator[str]:
    for parameter, value in url.values.items():
        if expected.get(parameter, value).lower() != value.lower():
            yield f"{name} has the {parameter} {value}, {where} has {expected[parameter]}"
            return


def _names(node: Node, url: ApiUrl) -> bool:
    """Return whether a property is named after the object of a URL: `pipeline`, `cluster`, `organization`."""
    return bool(url.last) and node.name.startswith(stem_of(url.last))
