"""Rules about `x-returned-by`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import operations
from ..fragment import Finding


def returned_by(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    for name, schema in document["components"].get("schemas", {}).items():
        for key, node in schema.get("properties", {}).items():
            declared = node.get("x-returned-by", [])
            pointer = ("components", "schemas", name, "properties", key)
            for each in declared:
                if each not in ids:
                    yield pointer, f"x-returned-by: there is no operation {each}"
            if declared and key in schema.get("required", []):
                yield pointer, "x-returned-by: a property that other operations do not return is not required"


RULES = (returned_by,)
