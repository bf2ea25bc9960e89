"""The operations of an OpenAPI document, by method and path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from attrs import define, field, frozen

from .._base.json_values import as_array, as_object
from ._schemas import Node, Schemas
from ._shapes import is_version, segment_shape

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MAX_SEGMENTS: Final = 64
_PARAMETER: Final = "{}"


@frozen
class Header:
    """A response header of the spec."""

    name: str
    required: bool
    schema: Node


@frozen(eq=False)
class ResponseSpec:
    """A documented response."""

    content: Mapping[str, Node]
    """Schemas by media type."""
    headers: tuple[Header, ...]


class Operation:
    """An operation of the spec. Its schemas are compiled on first use."""

    def __init__(
        self, method: str, path: str, node: Mapping[str, Any], shared: Sequence[Any], schemas: Schemas
    ) -> None:
        self.method = method
        self.path = path
        self.id = str(node.get("operationId", ""))
        self.pagination = str(node.get("x-pagination", "none"))
        self._node = node
        self._shared = shared
        self._schemas = schemas
        self._responses: dict[str, ResponseSpec] = {}

    @property
    def label(self) -> str:
        """Method and path template."""
        return f"{self.method} {self.path}"

    @cached_property
    def query(self) -> Mapping[str, Mapping[str, Any]]:
        """Query parameters by name."""
        nodes = [self._schemas.resolve(each) for each in (*self._shared, *as_array(self._node.get("parameters")))]
        return {str(node.get("name")): node for node in nodes if node.get("in") == "query"}

    @cached_property
    def request_content(self) -> Mapping[str, Node] | None:
        """Schemas of the request body by media type, or None if there is none."""
        if "requestBody" not in self._node:
            return None
        return self._content(self._schemas.resolve(self._node["requestBody"]))

    def schema(self, parameter: Mapping[str, Any]) -> Node:
        """Return the schema of a parameter."""
        return self._schemas.node(parameter.get("schema"))

    def response(self, status: int) -> ResponseSpec | None:
        """Return the documented response of a status."""
        responses = as_object(self._node.get("responses"))
        key = next((each for each in (str(status), f"{status // 100}XX", "default") if each in responses), None)
        if key is None:
            return None
        if key not in self._responses:
            node = self._schemas.resolve(responses[key])
            self._responses[key] = ResponseSpec(self._content(node), tuple(self._headers(node)))
        return self._responses[key]

    def _content(self, node: Mapping[str, Any]) -> dict[str, Node]:
        return {
            name.lower(): self._schemas.node(as_object(media_type).get("schema"))
            for name, media_type in as_object(node.get("content")).items()
        }

    def _headers(self, node: Mapping[str, Any]) -> Iterator[Header]:
        for name, each in as_object(node.get("headers")).items():
            header = self._schemas.resolve(each)
            yield Header(name, header.get("required") is True, self._schemas.node(header.get("schema")))


@define(eq=False)
class _Segment:
    """A segment of path templates."""

    name: str = ""
    static: dict[str, _Segment] = field(factory=dict[str, "_Segment"])
    parameter: _Segment | None = None
    operations: dict[str, Operation] = field(factory=dict[str, Operation])


@frozen
class Match:
    """The place of a request in the spec."""

    template: str
    """The path, without values of parameters."""
    operation: Operation | None = None
    """None if the spec lacks the path or the method."""
    prefix: str = ""
    """The part of the path before the template."""
    is_certain: bool = True
    """Whether the request is one of the API, and not only of some API with a version in its paths."""


class Operations:
    """The operations of an OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.version = str(as_object(document.get("info")).get("version", ""))
        self._root = _Segment()
        schemas = Schemas(document)
        for path, item in as_object(document.get("paths")).items():
            segment = self._add(path)
            shared = as_array(as_object(item).get("parameters"))
            for method in METHODS:
                node = as_object(item).get(method.lower())
                if node is not None:
                    operation = Operation(method, path, as_object(node), shared, schemas)
                    segment.operations[method] = operation
                    for alias in as_array(as_object(node).get("x-alias-methods")):
                        segment.operations.setdefault(str(alias), operation)

    def find(self, method: str, path: str, *, is_api: bool, is_below: bool = False) -> Match | None:
        """Return the place of a request in the spec, or None if it is not one of the API.

        Args:
            method: Method of the request.
            path: Path, with any prefix before that of the spec.
            is_api: Whether the host is that of the API.
            is_below: Whether the path has no prefix, and is one of the API in any case.
        """
        segments = [_decoded(text) for text in path.strip("/").split("/")[:_MAX_SEGMENTS]]
        starts = [index for index, text in enumerate(segments) if text in self._root.static and (text or is_api)]
        for start in starts:
            segment = _find(self._root, segments[start:])
            if segment is not None and segment.operations:
                operation = segment.operations.get(method)
                if operation is None and method == "HEAD":
                    operation = segment.operations.get("GET")
                known = next(iter(segment.operations.values())).path
                return Match(known, operation, "/".join(segments[:start]))
        inner = [start for start in starts if _has_child(self._root.static[segments[start]], segments[start + 1 :])]
        versions = [index for index, text in enumerate(segments) if is_version(text)]
        is_certain = is_api or bool(inner)
        candidates = [0] if is_below else sorted({*starts, *versions}) if is_api else inner or versions
        if not candidates:
            return None
        first = candidates[0]
        return Match(_template(self._root, segments[first:]), None, "/".join(segments[:first]), is_certain)

    def _add(self, path: str) -> _Segment:
        segment = self._root
        for text in path.strip("/").split("/"):
            if "{" in text:
                segment.parameter = segment.parameter or _Segment(text)
                segment = segment.parameter
            else:
                segment = segment.static.setdefault(text, _Segment(text))
        return segment


def _decoded(text: str) -> str:
    """Return a segment of a path without percent-encoding, unless it would become several segments."""
    decoded = unquote(text) if "%" in text else text
    return text if "/" in decoded else decoded


def _find(segment: _Segment, segments: Sequence[str]) -> _Segment | None:
    if not segments:
        return segment
    text, *rest = segments
    found = _find(segment.static[text], rest) if text in segment.static else None
    if (found is None or not found.operations) and segment.parameter is not None and text:
        found = _find(segment.parameter, rest) or found
    return found


def _has_child(segment: _Segment, segments: Sequence[str]) -> bool:
    """Whether the next segment is a word of the spec."""
    return bool(segments) and segments[0] in segment.static


def _template(root: _Segment, segments: Sequence[str]) -> str:
    """Return a path that the spec lacks. Only words of the spec are shown, since others may be names of objects."""
    names: list[str] = []
    segment: _Segment | None = root
    for text in segments:
        segment = None if segment is None else segment.static.get(text) or segment.parameter
        names.append(segment_shape(text) if segment is None else segment.name if text else "")
    return "/" + "/".join(names)
