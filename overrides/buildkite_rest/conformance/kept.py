"""Whether what was said of an object is still true of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.json_values import as_object


def difference(expected: object, found: object) -> str | None:
    """Return in which simple value an object differs from what was expected, if it does.

    What the answer does not tell is no difference, nor is a value that it tells in another form.
    """
    told = as_object(found)
    for name, value in as_object(expected).items():
        if name not in told or not isinstance(value, str | int):
            continue
        if told[name] is None and value != "":
            return f"{name} is null and not {value!r}"
        if type(told[name]) is type(value) and told[name] != value:
            return f"{name} is {told[name]!r} and not {value!r}"
    return None


def named(body: object, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a body that have one of these names."""
    return {name: value for name, value in as_object(body).items() if name in names}
