"""Functions of the caller, which are called from within and never awaited."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any] | None)


def plain_function(name: str, function: F) -> F:
    """Return `function`, the argument `name`.

    Raises:
        TypeError: It is no function, or a coroutine function: nothing that it does would happen.
    """
    if function is not None and not callable(function):
        raise TypeError(f"{name} must be a function, not {type(function).__name__}")
    of_object = getattr(type(function), "__call__", None)  # noqa: B004 - what it is matters, not that it is there
    if iscoroutinefunction(function) or iscoroutinefunction(of_object):
        raise TypeError(f"{name} must be a plain function, not a coroutine function: it is not awaited")
    return function
