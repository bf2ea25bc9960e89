"""Rules about `x-refusals`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import operations
from ..fragment import Finding

_KEYS = {"also", "body", "headers", "message", "only", "path", "query", "status", "when"}


def refusals(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    for operation in operations(document):
        for entry in operation.node.get("x-refusals", []):
            if unknown := entry.keys() - _KEYS:
                yield operation.pointer, f"x-refusals has the unknown keys {', '.join(sorted(unknown))}"
            if str(entry.get("status")) not in operation.node["responses"]:
                yield operation.pointer, f"x-refusals: the status {entry.get('status')} is not documented"
            for name in entry.get("also", {}).keys() - ids:
                yield operation.pointer, f"x-refusals: there is no operation {name}"


RULES = (refusals,)
