"""Path parameters of objects inside another one, such as the job in an agent."""

from __future__ import annotations

from ..._base.json_values import as_object, is_object
from ..objects import PathValues
from ..spec import Operation, Spec
from ..urls import url_parts


def embedded_values(spec: Spec, operation: Operation, found: object) -> PathValues:
    """Return path parameters of an operation that objects in the properties of another one have.

    `job_id` is the id of the object in `job`. An object with a URL of the operation has all parameters.
    """
    values: dict[str, str | int] = {}
    for name, part in as_object(found).items():
        if not is_object(part):
            continue
        if f"{name}_id" in operation.parameters and isinstance(key := part.get("id"), str):
            values[f"{name}_id"] = key
        for text in part.values():
            path = url_parts(text).path if isinstance(text, str) and "://" in text else ""
            if path and operation.matches(path):
                values |= spec.values(operation, path)
    return values
