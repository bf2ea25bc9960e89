"""Detection of models whose fields hold secrets."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

import msgspec


@cache
def has_secrets(expected: Any) -> bool:
    """Whether a value of the type `expected` may have a field that the spec marks with `x-secret`.

    A generated model with such a field masks it in a `__repr__` of its own, which no other model has.
    """
    return any("__repr__" in vars(model) for model in _models(expected, set()))


def _models(expected: Any, seen: set[type]) -> set[type]:
    """Return the models in a type. `seen` has those that were found before."""
    for part in get_args(expected):
        _models(part, seen)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct) and expected not in seen:
        seen.add(expected)
        for field in msgspec.structs.fields(expected):
            _models(field.type, seen)
    return seen
