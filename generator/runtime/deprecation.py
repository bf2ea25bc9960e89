"""Warnings about deprecated methods, arguments and fields, at the line of the caller."""

import inspect
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if sys.version_info >= (3, 13):
    from warnings import deprecated
else:
    from typing_extensions import deprecated

__all__ = [
    "OPTIONAL",
    "DeprecatedField",
    "deprecated",
    "deprecated_arguments",
    "deprecated_fields",
]

P = ParamSpec("P")
T = TypeVar("T")

_PACKAGES = ("_buildkite_rest", "buildkite_rest")
"""This package and the public one, whose lines a warning is never about."""

OPTIONAL: Any = None
"""The default of a `DeprecatedField` that may be absent."""

if not TYPE_CHECKING:  # type checkers know the one of the library by its origin
    _mark = deprecated

    def deprecated(message: str, /, *, category: type[Warning] | None = DeprecationWarning) -> Callable[[T], T]:
        """Return a decorator that marks a method or a class as deprecated. Only methods with a category warn."""

        def decorate(marked: T) -> T:
            call = marked if category is None else _checked(marked, lambda _: _warn_caller(message))
            return _mark(message, category=None)(call)

        return decorate


def deprecated_arguments(**warned: tuple[object, str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that warns about arguments. Each has its default, which causes no warning, and the message."""

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        def check(arguments: dict[str, object]) -> None:
            for name, (default, message) in warned.items():
                if arguments.get(name, default) is not default:
                    _warn_caller(message)

        return _checked(method, check)

    return decorate


def _checked(method: Callable[P, T], check: Callable[[dict[str, object]], None]) -> Callable[P, T]:
    """Return `method` with a check of its keyword arguments when it is called, not when its coroutine runs."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        check(kwargs)
        return method(*args, **kwargs)

    if sys.version_info >= (3, 12) and inspect.iscoroutinefunction(method):
        inspect.markcoroutinefunction(call)
    return call


def _warn_caller(message: str) -> None:
    """Warn at the first line outside of both packages."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _PACKAGES:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, DeprecationWarning, stacklevel=level)


class DeprecatedField(Generic[T]):
    """A field of a model that warns when it is read."""

    def __init__(self, field: Any, message: str) -> None:
        self._field = field
        self._message = message

    if TYPE_CHECKING:

        @deprecated("The documentation of the field has the details.")
        def __get__(self, instance: object, owner: type | None = None, /) -> T: ...

    else:

        def __get__(self, instance: object, owner: type | None = None, /) -> Any:
            if instance is None:
                return self
            warnings.warn(self._message, DeprecationWarning, stacklevel=2)
            return self._field.__get__(instance, owner)

    def __set__(self, instance: object, value: T, /) -> None:
        self._field.__set__(instance, value)


def deprecated_fields(**messages: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator that makes fields of a model warn. Decoding, encoding and copies do not cause the warnings."""

    def decorate(model: type[T]) -> type[T]:
        for name, message in messages.items():
            setattr(model, name, DeprecatedField(vars(model)[name], message))
        return model

    return decorate
