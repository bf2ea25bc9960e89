"""Rule for the time of creation: it is the same in all responses."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from attrs import define, field

from ..._base.json_values import as_object
from ..identities import identity_of


@define
class FirstTimes:
    """Remembers when objects were created, by path and id."""

    _times: dict[Hashable, object] = field(factory=dict[Hashable, object], init=False)

    def problems(self, context: Hashable, objects: Sequence[Any]) -> Iterator[str]:
        """Yield the objects that had another `created_at` in an earlier response in this context."""
        for each in objects:
            created = as_object(each).get("created_at")
            first = self._times.setdefault((context, identity_of(each)), created)
            if first is not None and created is not None and created != first:
                yield f"created_at is {created}, and was {first} in an earlier response"
