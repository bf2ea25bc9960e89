"""Cassettes of vcrpy, in YAML and in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

import yaml

from ..._base.json_values import as_array, as_object, is_array
from ...traffic._exchange import Exchange, headers_of
from ..parse_errors import yaml_problem
from .bodies import UnreadableBodyError, from_base64, without_coding
from .errors import MAX_FILE, RecordingError
from .har import Entry, is_status

_MAX_DEPTH: Final = 30
_AGAIN: Final = "Record it again"
MAX_NODES: Final = 1_000_000
"""Nodes of a document, with those of each alias. A node takes much more memory than a value of JSON."""


class _InvalidBinary:
    """Marker of a `!!binary` that is not base64."""


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Loader of strings, lists, mappings, `!!binary` and merges: `<<: *name`.

    A merge adds at most the nodes of its aliases, which are limited before.
    """

    yaml_implicit_resolvers: ClassVar = {"<": [("tag:yaml.org,2002:merge", re.compile(r"<<\Z"))]}
    flatten_mapping = yaml.SafeLoader.flatten_mapping

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Construct a mapping with what is merged into it."""
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    where = f"line {key.start_mark.line + 1}, column {key.start_mark.column + 1}"
                    raise RecordingError(f"has a list or a mapping as a key: {where}. {_AGAIN}")
        return yaml.constructor.BaseConstructor.construct_mapping(self, node, deep)


def _binary(loader: Any, node: Any) -> bytes | _InvalidBinary:
    text = loader.construct_scalar(node)
    try:
        return from_base64(text)
    except UnreadableBodyError:
        return _InvalidBinary()


_Loader.add_constructor(  # pyright: ignore[reportUnknownMemberType]
    "tag:yaml.org,2002:binary", _binary
)


def load_yaml(text: str) -> object:
    """Load a cassette.

    Raises:
        RecordingError: It is not YAML, or it is too large.
    """
    _check_limits(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes only strings, bytes, lists and mappings
    except RecursionError:
        raise RecordingError("is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _not_yaml(error) from None


def _check_limits(text: str) -> None:
    """Reject deep nesting, which is loaded recursively, and too many nodes, before nodes are made."""
    size, documents = _Size(), 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise RecordingError("has several YAML documents. Save each as a file")
            size.add(event)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _not_yaml(error) from None


def _not_yaml(error: Exception) -> RecordingError:
    return RecordingError(f"is neither JSON nor YAML: {yaml_problem(error)}. {_AGAIN}")


class _Size:
    """Nodes and characters of a document whose aliases are written out."""

    def __init__(self) -> None:
        self._nodes = self._characters = 0
        self._open: list[tuple[str | None, int, int]] = []
        """Anchors of the collections around the event, and the size before each."""
        self._anchors: dict[str, tuple[int, int]] = {}
        """Sizes by anchor."""

    def add(self, event: Any) -> None:
        """Add a node.

        Raises:
            RecordingError: The document exceeds a limit.
        """
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, nodes, characters = self._open.pop()
            self._name(anchor, nodes, characters)
        elif isinstance(event, yaml.AliasEvent):
            self._add_alias(event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._nodes, self._characters))
            self._nodes += 1
        elif isinstance(event, yaml.ScalarEvent):
            before = self._nodes, self._characters
            self._nodes += 1
            self._characters += len(event.value)
            self._name(event.anchor, *before)
        if len(self._open) > _MAX_DEPTH:
            raise RecordingError("is nested too deeply")
        if self._nodes > MAX_NODES:
            raise RecordingError(f"has more than {MAX_NODES:,} values")
        if self._characters > MAX_FILE:
            raise RecordingError(f"is larger than {MAX_FILE >> 20} MiB with its aliases")

    def _name(self, anchor: str | None, nodes: int, characters: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (self._nodes - nodes, self._characters - characters)

    def _add_alias(self, anchor: str | None) -> None:
        if any(anchor == each for each, _, _ in self._open):
            raise RecordingError("contains itself by an alias")
        nodes, characters = self._anchors.get(anchor or "", (0, 0))
        self._nodes += nodes
        self._characters += characters


def entries_of(document: object) -> Iterator[Entry]:
    """Return the interactions of a cassette.

    Raises:
        RecordingError: It is not a cassette.
    """
    interactions = as_object(document).get("interactions")
    if not is_array(interactions):
        raise RecordingError("is neither a HAR nor a cassette of vcrpy")
    return (_entry(each, number) for number, each in enumerate(interactions, 1))


def _entry(node: object, number: int) -> Entry:
    request, response = as_object(as_object(node).get("request")), as_object(as_object(node).get("response"))
    method, url = request.get("method"), request.get("uri")
    if not isinstance(method, str) or not isinstance(url, str):
        return Entry(number, problem="the entry has no request")
    # Of httpx, old versions record `status_code` and `content`.
    status = _number(as_object(response.get("status")).get("code", response.get("status_code")))
    if not is_status(status):
        return Entry(number, problem="the entry has no response")
    headers = headers_of(_pairs(response.get("headers")))
    request_headers = headers_of(_pairs(request.get("headers")))
    body, problem = None, None
    try:
        body = _decoded(response.get("body", response.get("content")), headers)
    except UnreadableBodyError as error:
        problem = f"the body {error}"
    request_body, request_problem = None, None
    try:
        request_body = _decoded(request.get("body"), request_headers)
    except UnreadableBodyError as error:
        request_problem = f"the request body {error}"
    exchange = Exchange(
        method=method,
        url=url,
        status=status,
        headers=headers,
        body=body,
        request_headers=request_headers,
        request_body=None if request_body in (b"", b"null") else request_body,
        problem=problem,
        request_problem=request_problem,
    )
    return Entry(number, exchange)


def _decoded(recorded: object, headers: Mapping[str, str]) -> bytes | None:
    body = _bytes(recorded)
    return None if body is None else without_coding(body, headers.get("content-encoding", ""))


def _bytes(body: object) -> bytes | None:
    """Return a body: text, bytes, or a mapping with one of them."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, _InvalidBinary):
        raise UnreadableBodyError("is not valid base64")
    fields = as_object(body)
    if "base64_string" in fields:
        text = fields["base64_string"]
        return from_base64(text if isinstance(text, str | bytes) else "%")
    text = fields.get("string") if "string" in fields or body == {} else body
    if text is None or isinstance(text, str | bytes | _InvalidBinary):
        return None if text is None else _bytes(text)
    raise UnreadableBodyError("is not text in the recording")


def _number(value: object) -> Any:
    """Return a number that YAML was not asked to convert."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 5 else value


def _pairs(headers: object) -> Iterator[tuple[str, str]]:
    for name, values in as_object(headers).items():
        for value in [values] if isinstance(values, str) else as_array(values):
            if isinstance(value, str):
                yield str(name), value  # A key may be binary.
