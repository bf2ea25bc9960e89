"""Requests that facts about several responses need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from ..traffic import Response
from .relations import Get

#: A problem of some responses, if there is one, and these responses.
Comparison: TypeAlias = tuple[str | None, Sequence[Response]]

#: Items of a page.
PAGE: Final = 100


class Read(Protocol):
    """Sends requests."""

    def get(self, get: Get) -> Response:
        """Return the response to a request."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        ...

    def other(self, operation_id: str, get: Get, query: Mapping[str, Any] | None = None) -> Response | None:
        """Return the response of another operation on the same object, or None if the spec does not have it."""
        ...


Fact: TypeAlias = Callable[[Read, Get], Comparison]
