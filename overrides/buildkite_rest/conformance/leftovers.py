"""The result of a cleanup: what was deleted, and what still exists or may."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from .._base.plurals import plural
from .._base.safe_text import safe_excerpt
from .journal import Unresolved

#: Characters of a name that a message shows.
_NAME: Final = 80
#: Leftovers that are listed.
_LISTED: Final = 50


@frozen
class Leftover:
    """An object that still exists, or may."""

    path: str
    reason: str
    is_permanent: bool = False
    """Whether the API has no operation that deletes such an object."""
    is_uncertain: bool = False
    """Whether it is not known that there is an object."""

    @property
    def verb(self) -> str:
        """The start of its line in a summary."""
        return "may be left behind" if self.is_uncertain else "left behind"

    @classmethod
    def of(cls, request: Unresolved, reason: str) -> Leftover:
        """Return the object that a request may have created."""
        sent = "no name" if request.name is None else f"the name {request.name}"
        if request.name is None and request.other_name is not None:
            sent = f'the name "{safe_excerpt(request.other_name, _NAME)}", which is not unique'
        return cls(request.collection, f"{request.operation} sent {sent}: {reason}", is_uncertain=True)

    def __str__(self) -> str:
        return f"{safe_excerpt(self.path, 200)} ({safe_excerpt(self.reason, 200)})"


@frozen
class Cleaned:
    """The result of a cleanup."""

    deleted: int
    leftovers: tuple[Leftover, ...]
    end: str | None = None
    """Reason for an early end."""
    effective: tuple[Unresolved, ...] = ()
    """Requests that were refused, but have created an object."""
    repeated: tuple[Unresolved, ...] = ()
    """Requests that have created more than one object."""


def summary(cleaned: Cleaned) -> list[str]:
    """Return lines for a person."""
    ended = "" if cleaned.end is None else f", then ended: {cleaned.end}"
    lines = [f"cleanup: {plural(cleaned.deleted, 'object')} deleted{ended}"]
    lines += [f"{each.verb}: {each}" for each in cleaned.leftovers[:_LISTED]]
    if len(cleaned.leftovers) > _LISTED:
        lines.append(f"left behind: {plural(len(cleaned.leftovers) - _LISTED, 'more object')}")
    return lines
