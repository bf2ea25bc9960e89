"""Rules about `x-refusals`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import operations
from ..fragment import Finding

_KEYS = {"after", "also", "body", "headers", "message", "only", "path", "query", "status", "when"}
_AFTER = {"body", "operation"}


def refusals(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    for operation in operations(document):
        for entry in operation.node.get("x-refusals", []):
            if unknown := entry.keys() - _KEYS:
                yield operation.pointer, f"x-refusals has the unknown keys {', '.join(sorted(unknown))}"
            if str(entry.get("status")) not in operation.node["responses"]:
                yield operation.pointer, f"x-refusals: the status {entry.get('status')} is not documented"
            for name in {*entry.get("also", {}), *(each["operation"] for each in entry.get("after", ()))} - ids:
                yield operation.pointer, f"x-refusals: there is no operation {name}"
            if any(each.keys() - _AFTER for each in entry.get("after", ())):
                yield operation.pointer, f"x-refusals: after has other keys than {', '.join(sorted(_AFTER))}"


RULES = (refusals,)
