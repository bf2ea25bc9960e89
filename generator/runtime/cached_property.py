"""`functools.cached_property` without the lock that it has in Python 3.11.

All objects of a class share that lock, so a process that is forked while another thread computes a property would wait
for it forever.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING or sys.version_info >= (3, 12):
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
            # Threads that were first at the same time get the same object.
            return instance.__dict__.setdefault(self._name, self._compute(instance))
