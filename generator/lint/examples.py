"""Rules about examples."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from ..document import JSON, operations, resolve, walk
from ..fragment import Finding, Pointer

_URI = "urn:spec"
_EXAMPLE_KEYS = frozenset({"description", "externalValue", "summary", "value"})


def example_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        bodies: dict[Pointer, Any] = {
            ("responses", status): response for status, response in operation.success_responses.items()
        }
        bodies["requestBody",] = operation.node.get("requestBody", {})
        for pointer, body in bodies.items():
            content = body.get("content", {})
            if JSON in content and not content[JSON].get("examples"):
                yield (*operation.pointer, *pointer), "an example is missing"


def error_example_exists(document: dict[str, Any]) -> Iterator[Finding]:
    responses: dict[Pointer, Any] = {
        ("components", "responses", name): response for name, response in document["components"]["responses"].items()
    }
    for operation in operations(document):
        for status, response in operation.node.get("responses", {}).items():
            if status[0] in "45":
                responses[*operation.pointer, "responses", status] = response
    for pointer, response in responses.items():
        content = response.get("content", {})
        if JSON in content and not content[JSON].get("examples"):
            yield pointer, "an error response has an example"


def example_name(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node:
            continue
        for name in sorted(_EXAMPLE_KEYS.intersection(node.get("examples", ()))):
            yield (*pointer, "examples", name), f"an example is not named {name}, which is a key of an example"


def example_valid(document: dict[str, Any]) -> Iterator[Finding]:
    registry = jsonschema_rs.Registry([(_URI, document)], draft=jsonschema_rs.Draft202012)
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node:
            continue
        values = {name: resolve(document, example).get("value") for name, example in node.get("examples", {}).items()}
        if "example" in node:
            values["example"] = node["example"]
        if values:
            schema = {"$ref": f"{_URI}#{_fragment((*pointer, 'schema'))}"}
            try:
                validator = jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)
            except jsonschema_rs.ValidationError:
                continue  # `pattern_portable` reports an invalid pattern
            for name, value in values.items():
                for error in validator.iter_errors(value):
                    location = "/".join(map(str, error.instance_path))
                    yield pointer, f"example {name!r} is not valid at /{location}: {error.message}"


def _fragment(pointer: Pointer) -> str:
    """Return a JSON pointer as the fragment of a URI."""
    return "".join(f"/{quote(key.replace('~', '~0').replace('/', '~1'))}" for key in pointer)


RULES = (example_exists, error_example_exists, example_name, example_valid)
