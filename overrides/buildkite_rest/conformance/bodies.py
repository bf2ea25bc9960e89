"""Decoding of response bodies, which several checks read, and what has passed a check before."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import define, field

from .._base.json_values import loads_or_none

#: Values to remember.
_REMEMBERED: Final = 100_000
#: A format of `marshal` in which equal values are equal bytes.
_VERSION: Final = 2


@lru_cache(maxsize=4)
def decoded(content: bytes) -> Any:
    """Return the JSON of a body, or None. All checks of a response share the value, so they must not change it."""
    return loads_or_none(content)


@define
class Passed:
    """Remembers the JSON values that have passed a check, because lists repeat the objects of other lists."""

    _hashes: set[int] = field(factory=set[int], init=False)

    def all_pass(self, context: Hashable, values: Sequence[Any], check: Callable[[list[Any]], bool]) -> bool:
        """Return whether all values pass a check, which is called with those that have not passed in this context."""
        hashes = [hash((context, marshal.dumps(value, _VERSION))) for value in values]
        new = [value for value, key in zip(values, hashes, strict=True) if key not in self._hashes]
        if new and not check(new):
            return False
        if len(self._hashes) > _REMEMBERED:
            self._hashes.clear()
        self._hashes.update(hashes)
        return True
