"""Credentials in responses: the token of the run, and secrets that the API returns only once or never."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field

from .._base.json_values import as_object, is_array, is_object
from .argument_tokens import TOKEN
from .credentials import Secrets
from .spec import Operation, Spec

#: Minimum length of a secret, and of its different characters. Other values may occur in other texts.
_LENGTH: Final = 8
_CHARACTERS: Final = 6
#: Secrets to remember for each operation and property.
_PER_PROPERTY: Final = 3
#: Characters of a masked value.
_MASK: Final = re.compile(r"[*\u2022\u2026]")
#: Largest response to search.
_SIZE: Final = 300_000


@define
class Confidential:
    """The secrets that a run has sent and received."""

    spec: Spec
    secrets: Secrets
    """The credentials of the run."""
    _known: dict[str, str] = field(factory=dict[str, str])
    """Names of properties by value."""
    _counts: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])
    _operations: dict[str, Operation] = field(init=False)
    _written: dict[str, frozenset[str]] = field(factory=dict[str, frozenset[str]])
    """Write-only properties of requests by operation."""

    def __attrs_post_init__(self) -> None:
        self._operations = {operation.label: operation for operation in self.spec.operations}

    def operation(self, label: str) -> Operation | None:
        """Return an operation by its label."""
        return self._operations.get(label)

    def problems(self, operation: Operation, url: str, headers: Mapping[str, str], text: str) -> Iterator[str]:
        """Check a response, which an earlier request may have made wrong."""
        if len(text) > _SIZE:
            return
        shown = "\n".join([*headers.values(), text])
        if any(len(value) >= _LENGTH and value in shown for value in self.secrets.values(TOKEN)):
            yield "the response contains the token of the run"
        if self.spec.secrets_of(operation) and not operation.is_read_only:
            return  # it may create another one
        requested = [parameter for parameter, _ in parse_qsl(urlsplit(url).query)]
        for value, name in self._known.items():
            # As with `show_api_token`.
            if value in shown and not any(parameter.endswith(name) for parameter in requested):
                yield f"the response contains the {name} of an earlier request, which is a secret"
                return

    def learn(self, operation: Operation, request: object, response: object) -> None:
        """Remember the secrets of a successful request that changes something.

        The request is None if its values were generated, and may be those of other properties.
        """
        if operation.is_read_only:
            return
        for name in self._written_by(operation):
            for value in property_values(request, name):
                self._add(operation, name, value)
        for name in self.spec.secrets_of(operation):
            self._add(operation, name, as_object(response).get(name))

    def _add(self, operation: Operation, name: str, value: object) -> None:
        if not isinstance(value, str) or len(value) < _LENGTH or len(set(value)) < _CHARACTERS or _MASK.search(value):
            return
        encoded = json.dumps(value)[1:-1]
        if encoded not in self._known and self._counts[operation.id, name] < _PER_PROPERTY:
            self._counts[operation.id, name] += 1
            self._known[encoded] = name

    def _written_by(self, operation: Operation) -> frozenset[str]:
        if operation.id not in self._written:
            content = as_object(self.spec.resolve(self.spec.node(operation).get("requestBody")).get("content"))
            schemas = [as_object(media_type).get("schema") for media_type in content.values()]
            self._written[operation.id] = frozenset(_write_only(self.spec, schemas))
        return self._written[operation.id]


def _write_only(spec: Spec, node: object, depth: int = 12) -> Iterator[str]:
    """Yield the names of the write-only properties in a schema."""
    if is_array(node):
        for item in node:
            yield from _write_only(spec, item, depth)
    elif is_object(node) and depth:
        schema: Mapping[str, Any] = spec.resolve(node)
        for name, value in as_object(schema.get("properties")).items():
            found = spec.resolve(value)
            if found.get("writeOnly") or found.get("x-secret") or found.get("format") == "password":
                yield name
            yield from _write_only(spec, found, depth - 1)
        for key in ("items", "allOf", "anyOf", "oneOf"):
            yield from _write_only(spec, schema.get(key), depth - 1)


def property_values(node: object, name: str, depth: int = 12) -> Iterator[object]:
    """Yield the values of a property, however deep."""
    if is_object(node) and depth:
        for key, value in node.items():
            if key == name:
                yield value
            yield from property_values(value, name, depth - 1)
    elif is_array(node) and depth:
        for item in node:
            yield from property_values(item, name, depth - 1)
