"""Rules about examples."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from ..document import JSON, operations, resolve, walk
from ..fragment import Finding, Pointer
from ..openapi_schema import message

_URI = "urn:spec"


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
                for error in map(_deepest, validator.iter_errors(value)):
                    location = "/".join(map(str, error.instance_path))
                    yield pointer, f"example {name!r} is not valid at /{location}: {message(error)}"


def _deepest(error: Any) -> Any:
    """Return the error that is deepest in a value that no schema of a union accepts, in the variant of its tag."""
    match error.kind:
        case Kind.AnyOf(context=context) | Kind.OneOfNotValid(context=context):
            branches = [[_deepest(each) for each in branch] for branch in context]
            tagged = [each for each in branches if not any(isinstance(found.kind, Kind.Constant) for found in each)]
            found = [each for branch in tagged or branches for each in branch]
            return max(found, key=lambda each: len(each.instance_path), default=error)
    return error


def _fragment(pointer: Pointer) -> str:
    """Return a JSON pointer as the fragment of a URI."""
    return "".join(f"/{quote(key.replace('~', '~0').replace('/', '~1'))}" for key in pointer)


RULES = (example_exists, example_valid)
