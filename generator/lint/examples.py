"""Rules about examples."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from ..document import JSON, operations, resolve, walk
from ..fragment import Finding, Pointer


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


def example_valid(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node:
            continue
        values = {name: resolve(document, example).get("value") for name, example in node.get("examples", {}).items()}
        if "example" in node:
            values["example"] = node["example"]
        if values:
            schema = {**node["schema"], "components": document["components"]}
            validator = jsonschema_rs.validator_for(schema, validate_formats=True)
            for name, value in values.items():
                for error in validator.iter_errors(value):
                    location = "/".join(map(str, error.instance_path))
                    yield pointer, f"example {name!r} is not valid at /{location}: {error.message}"


RULES = (example_exists, error_example_exists, example_valid)
