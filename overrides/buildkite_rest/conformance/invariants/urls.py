"""Rules for the URLs of an object: they are of the object that has them, of its parents, and of those asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final
from urllib.parse import parse_qsl, unquote

from ..identities import is_uuid
from ..spec import parameters_of
from ..urls import url_parts
from .nodes import IDENTIFIERS, Node, is_identifier, stem_of
from .requests import ApiUrl, Request

#: Path parameters in which a response may differ from its request, because the operation makes another object.
_ANOTHER_OBJECT: Final[Mapping[str, frozenset[str]]] = {
    "/rebuild": frozenset({"number"}),
    "/retry": frozenset({"job_id"}),
    "/copy": frozenset({"registry", "package_id"}),
}
#: Parameters that are names, which an update may change.
_NAMES: Final = frozenset({"pipeline", "suite_slug", "registry", "portal_slug", "org"})


#: Properties with the URL of another object.
_OF_OBJECTS: Final = frozenset({"pipeline_url", "suite_url", "cluster_url", "default_queue_url", "cluster_queue_url"})


def url_problems(node: Node, request: Request) -> Iterator[str]:
    """Check the properties `url` and `…_url` that are URLs of the API."""
    urls = {name: value for name, value in node.value.items() if name == "url" or name.endswith("_url")}
    found: dict[str, ApiUrl] = {}
    for name, value in urls.items():
        if not request.is_api(value):
            continue
        if name == "web_url":
            yield f"{node.label(name)} is a URL of the API: {value}"
        if not request.is_same_origin(value):
            yield f"{node.label(name)} has another origin than the request: {value}"
        if (url := request.find(value)) is None and name != "url":
            yield f"{node.label(name)} is not the URL of an operation of the API: {value}"
        elif url is not None:
            found[name] = url
            yield from _organization_problems(node, name, url, request)
            yield from _identity_problems(node, name, url)
    yield from _unknown_url_problems(node, found, request)
    yield from _group_problems(node, found)
    yield from _family_problems(node, found, request)
    if node.is_own:
        yield from _request_problems(node, found, request)
    yield from _web_problems(node, found)


def _organization_problems(node: Node, name: str, url: ApiUrl, request: Request) -> Iterator[str]:
    expected = request.values.get("org")
    if expected is not None and not _equal(url.values.get("org", expected), expected) and request.method == "GET":
        yield f"{node.label(name)} is in the organization {url.values['org']} instead of {expected}"


def _unknown_url_problems(node: Node, found: Mapping[str, ApiUrl], request: Request) -> Iterator[str]:
    """Check that `url` is that of an object, and that of the object that was asked for is one of the API."""
    for name in sorted(_OF_OBJECTS & node.value.keys()):
        if name not in found and request.is_api(node.value[name]):
            yield f"{node.label(name)} is not a URL of the API: {node.value[name]}"
    value = node.value.get("url")
    if "url" in found and not found["url"].is_object and node.identifiers():
        yield f"{node.label('url')} is not the URL of an object: {value}"
    if not request.reads_object or not node.is_own or "url" in found or not isinstance(value, str):
        return
    if request.template.startswith("/v2/") and node.identifiers():
        yield f"{node.label('url')} is not a URL of the API: {value}"


def _identity_problems(node: Node, name: str, url: ApiUrl) -> Iterator[str]:
    """Check that `url` ends with the object's own id, that `…s_url` contains it, and `x_url` contains `x_id`.

    `…s_url` also ends with the name of the list.
    """
    if not url.parameters:
        return
    last = url.parameters[-1]
    value, own = url.values[last].lower(), node.identifiers()
    if name == "url" and url.is_object:
        if own and value not in own:
            yield f"{node.label(name)} is that of {url.values[last]} instead of {_shown(node)}"
    elif name != "url" and not url.is_object and own and value not in own:
        yield f"{node.label(name)} is that of {url.values[last]} instead of {_shown(node)}"
    stem = name.removesuffix("_url")
    segment = url.template.rpartition("/")[2].replace("-", "_")
    if name != "url" and not url.is_object and not stem.endswith(segment):
        yield f"{node.label(name)} leads to {segment}: {node.value[name]}"
    if name != "url" and f"{stem}_id" in node.value and last.endswith(("_id", "_uuid")):
        identifier = node.value[f"{stem}_id"]
        if is_identifier(identifier) and str(identifier).lower() != value:
            yield f"{node.label(name)} does not contain {stem}_id {identifier}"


def _group_problems(node: Node, found: Mapping[str, ApiUrl]) -> Iterator[str]:
    """Check that a URL beneath another of the same object has the same parents."""
    for name, url in found.items():
        for other_name, other in found.items():
            if url.is_beneath(other):
                yield from _differences(node, name, url, other.values, node.label(other_name))


def _family_problems(node: Node, found: Mapping[str, ApiUrl], request: Request) -> Iterator[str]:
    """Check that URLs of nested objects have the parents of those around them."""
    for ancestor in node.ancestors:
        outer = request.find(ancestor.value.get("url"))
        if outer is None:
            continue
        label = ancestor.label("url")
        for name, url in found.items():
            is_parent = name == "url" and outer.is_beneath(url) and _names(node.name, url)
            if is_parent or url.is_beneath(outer):
                yield from _differences(node, name, url, outer.values, label)


def _request_problems(node: Node, found: Mapping[str, ApiUrl], request: Request) -> Iterator[str]:
    """Check that URLs have the path parameters of the request."""
    expected = {name: value for name, value in request.values.items() if name != "org"}
    if request.method != "GET":
        action = f"/{request.template.rpartition('/')[2]}"
        last = parameters_of(request.template)[-1:]
        changed = _ANOTHER_OBJECT.get(action, frozenset()) | (_NAMES & set(last))
        expected = {name: value for name, value in expected.items() if name not in changed}
    for name, url in found.items():
        yield from _differences(node, name, url, expected, "the request")


def _web_problems(node: Node, found: Mapping[str, ApiUrl]) -> Iterator[str]:
    """Check that `web_url` contains the names and ids in `url`, and `x_url` the one in `x_id`."""
    for name, value in node.value.items():
        if not isinstance(value, str) or not name.endswith("_url") or name in found:
            continue
        words = _words(value)
        if name == "web_url":
            own = found.get("url")
            expected = list(own.values.values()) if own is not None and own.is_object else []
            missing = [each for each in expected if each.lower() not in words]
            if missing:
                yield f"{node.label(name)} does not contain {missing[0]}: {value}"
            elif not expected and (own_ids := node.identifiers()) and not own_ids & words:
                yield f"{node.label(name)} does not contain {_shown(node)}: {value}"
            yield from _segment_problems(node, value, found)
            continue
        identifier = str(node.value.get(f"{name.removesuffix('_url')}_id")).lower()
        if is_uuid(identifier) and identifier not in words and any(map(is_uuid, words)):
            yield f"{node.label(name)} does not contain {identifier}: {value}"


def _segment_problems(node: Node, page: str, found: Mapping[str, ApiUrl]) -> Iterator[str]:
    """Check that `queues/ID` in a web URL is in one of the API URLs beside it that have `queues/` too."""
    known: dict[str, set[str]] = {}
    for url in found.values():
        for segment, parameter in pairwise(url.template.split("/")):
            if parameter.startswith("{"):
                known.setdefault(segment, set()).add(url.values[parameter[1:-1]].lower())
    for segment, word in pairwise(unquote(url_parts(page).path).lower().split("/")):
        ids = known.get(segment, set())
        if ids and all(map(is_uuid, {word, *ids})) and word not in ids:
            yield f"{node.label('web_url')} has the {segment} {word} instead of {min(ids)}: {page}"


def _words(url: str) -> set[str]:
    """Return the segments, fragment and query values of a URL, in lower case."""
    parts = url_parts(url)
    values = [value for _, value in parse_qsl(parts.query)]
    return {unquote(word).lower() for word in (*parts.path.split("/"), *parts.fragment.split("/"), *values)}


def _differences(node: Node, name: str, url: ApiUrl, expected: Mapping[str, str], where: str) -> Iterator[str]:
    for parameter, value in url.values.items():
        if parameter in expected and not _equal(value, expected[parameter]):
            yield f"{node.label(name)} has the {parameter} {value}, {where} has {expected[parameter]}"
            return


def _names(name: str, url: ApiUrl) -> bool:
    """Whether a property is named after the object of a URL: `pipeline`, `cluster`, `organization`."""
    last = stem_of(url.parameters[-1]) if url.parameters else ""
    return bool(last) and name.startswith(last)


def _equal(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _shown(node: Node) -> str:
    value = node.value
    return str(next(value[name] for name in IDENTIFIERS if is_identifier(value.get(name))))
