"""Path parameters of objects that another one has or refers to, such as the job in an agent."""

from __future__ import annotations

from ..._base.json_values import as_object, is_object
from ..objects import PathValues
from ..spec import Operation, Spec
from ..urls import url_parts


def embedded_values(spec: Spec, operation: Operation, found: object) -> PathValues:
    """Return path parameters of an operation from another object, and from the objects in its properties.

    `job_id` is the id of the object in `job`. A URL of the operation, such as `build_url`, has all parameters.
    """
    values: dict[str, str | int] = {}
    texts = [*as_object(found).values()]
    for name, part in as_object(found).items():
        if is_object(part):
            texts += part.values()
            if f"{name}_id" in operation.parameters and isinstance(key := part.get("id"), str):
                values[f"{name}_id"] = key
    for text in texts:
        path = url_parts(text).path if isinstance(text, str) and "://" in text else ""
        if path and operation.matches(path):
            values |= spec.values(operation, path)
    return values
