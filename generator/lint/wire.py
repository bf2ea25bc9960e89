"""Rules about parameters, statuses and media types that the client cannot send or read."""

from collections.abc import Iterator
from typing import Any

from ..document import JSON, operations, resolve
from ..fragment import Finding


def array_parameter(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] != "query":
                continue
            pointer = (*operation.pointer, "parameters", str(index))
            schema, name = resolve(document, parameter["schema"]), parameter["name"]
            is_array = "array" in schema.get("type", ())
            if is_array != name.endswith("[]"):
                yield pointer, f"the name of an array ends in [], and no other name does; this is {name!r}"
            elif "object" in schema.get("type", ()) and parameter.get("style") != "deepObject":
                yield pointer, f"{name!r} is an object, which needs `style: deepObject`"


def success_schema(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        found: list[Any] = []
        for status, response in operation.success_responses.items():
            content = response.get("content", {})
            if JSON in content and (schema := content[JSON].get("schema")) not in found:
                found.append(schema)
                if len(found) > 1:
                    pointer = (*operation.pointer, "responses", status)
                    yield pointer, "a method returns one type; all JSON success responses have the same schema"


RULES = (
    array_parameter,
    success_schema,
)
