"""Rules of secrets: no response contains the token of the run, or a secret that the API returns only once or never."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from ..._base.json_values import is_array, is_object
from ..api import Api, Operation
from ..exchange import NO_BODY, Exchange
from . import Context, rule

#: Minimum length of a secret, and of its different characters. Other values may occur in other texts.
_LENGTH: Final = 8
_CHARACTERS: Final = 6
#: Secrets to remember for each operation and property.
_PER_PROPERTY: Final = 3
#: Characters of a masked value.
_MASK: Final = re.compile(r"[*\u2022\u2026]")
#: Largest response to search, and the depth of the schemas that are.
_SIZE: Final = 300_000
_DEPTH: Final = 12


@rule("secret_conformance")
def secrets(exchange: Exchange, context: Context) -> Iterator[str]:
    """A response has neither the token of the run nor a secret of an earlier request."""
    known = context.remembered("secret_conformance")
    if len(exchange.content) <= _SIZE:
        shown = "\n".join([*exchange.headers.values(), exchange.text])
        if any(len(value) >= _LENGTH and value in shown for value in context.secrets()):
            yield "the response contains the token of the run"
        if not (_returned(context.api, exchange.operation) and not exchange.request.is_read):  # it may create another
            requested = [parameter for parameter, _ in parse_qsl(urlsplit(exchange.url).query)]
            for value, (name, _) in known.items():
                # As with `show_api_token`.
                if value in shown and not any(parameter.endswith(name) for parameter in requested):
                    yield f"the response contains the {name} of an earlier request, which is a secret"
                    break
    if exchange.ok and not exchange.request.is_read:
        _learn(exchange, context.api, known)


def _learn(exchange: Exchange, api: Api, known: dict[str, tuple[str, str]]) -> None:
    """Remember the secrets of a successful request that changes something. Generated texts may be common ones."""
    operation = exchange.operation
    sent = None if exchange.request.body is NO_BODY else exchange.request.body
    written = ((name, value) for name in _written(api, operation) for value in values_of(sent, name))
    found = [(name, value) for name, value in written if value in api.sent_examples[name]]
    found += [(name, exchange.object.get(name)) for name in _returned(api, operation)]
    for name, value in found:
        is_secret = isinstance(value, str) and len(value) >= _LENGTH and len(set(value)) >= _CHARACTERS
        if is_secret and not _MASK.search(value):
            encoded = json.dumps(value)[1:-1]
            if [*known.values()].count((name, operation.id)) < _PER_PROPERTY:
                known.setdefault(encoded, (name, operation.id))


@lru_cache(None)
def _written(api: Api, operation: Operation) -> frozenset[str]:
    """Return the write-only properties of a request body."""
    return frozenset(_secret_names(api, operation.body_schema))


@lru_cache(None)
def _returned(api: Api, operation: Operation) -> frozenset[str]:
    """Return the secrets at the top of the response to a change."""
    properties = api.properties(None if operation.is_read else api.response_schema(operation))
    return frozenset(name for name, node in properties.items() if node.get("x-secret"))


def _secret_names(api: Api, node: object, depth: int = _DEPTH) -> Iterator[str]:
    schema = api.resolve(node)
    if not depth or not schema:
        return
    for name, value in schema.get("properties", {}).items():
        found = api.resolve(value)
        if found.get("writeOnly") or found.get("x-secret") or found.get("format") == "password":
            yield name
        yield from _secret_names(api, found, depth - 1)
    inner = [schema["items"]] if "items" in schema else []
    for part in (*inner, *(part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ()))):
        yield from _secret_names(api, part, depth - 1)


def values_of(node: object, name: str, depth: int = _DEPTH) -> Iterator[Any]:
    """Yield the values of a property, however deep."""
    if is_object(node) and depth:
        for key, value in node.items():
            if key == name:
                yield value
            yield from values_of(value, name, depth - 1)
    elif is_array(node) and depth:
        for item in node:
            yield from values_of(item, name, depth - 1)
