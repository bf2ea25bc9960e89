"""`functools.cached_property` without a lock, and with one value for all threads.

In Python 3.11, all objects of a class share a lock, for which a process would wait forever that is forked while another
thread computes a property. Since 3.12, threads that read a property first together get a value each.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - the name in the standard library
        """A property that is computed when it is first read, by two threads at once if both read it first."""

        def __init__(self, compute: Callable[[Any], object]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            return instance.__dict__.setdefault(self._name, self._compute(instance))
