"""Rules about examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from ..document import operations, resolve, walk
from .rule import Finding, Rule, rule

RULES: list[Rule] = []


@rule("example-exists", RULES)
def example_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for status, response in operation.node.get("responses", {}).items():
            content = resolve(document, response).get("content", {})
            if status[0] in "23" and "application/json" in content and not content["application/json"].get("examples"):
                yield (*operation.pointer, "responses", status), "an example is missing"
        body = operation.node.get("requestBody", {}).get("content", {})
        if "application/json" in body and not body["application/json"].get("examples"):
            yield (*operation.pointer, "requestBody"), "an example is missing"


@rule("example-valid", RULES)
def example_valid(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node:
            continue
        values = {name: resolve(document, example).get("value") for name, example in node.get("examples", {}).items()}
        if "example" in node:
            values["example"] = node["example"]
        if values:
            validator = schema_validator(document, node["schema"])
            for name, value in values.items():
                for error in validator.iter_errors(value):
                    location = "/".join(map(str, error.instance_path))
                    yield pointer, f"example {name!r} is not valid at /{location}: {error.message}"


def schema_validator(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """Return a validator for `schema`, which may refer to components of `document`."""
    return jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)
