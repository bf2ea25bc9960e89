"""What a run is asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import frozen

from .._auth.tokens import Auth
from .operation import Operation

#: The phases of schemathesis.
MADE_UP: Final = ("examples", "coverage", "fuzzing", "stateful")
#: The phases that the runner has itself: objects from their creation to their end, whole lists, who may do what.
OWN: Final = ("lives", "lists", "access")
PHASES: Final = (*MADE_UP, *OWN)

#: Requests of a run of hand-picked ones.
BUDGET: Final = 200

#: A run that revokes its own token fails from then on, and so does everything else that uses the token.
NEVER_SENT: Final = ("DELETE", "/v2/access-token")


@frozen(kw_only=True)
class Options:
    """What the command line says, checked."""

    base_url: str
    auth: Auth
    seed: int
    write: bool = False
    organization: str | None = None
    """The only organization whose objects are touched, if there is one."""
    confirm_write: str | None = None
    budget: int | None = None
    """How many requests may be sent, all of them hand-picked."""
    unscoped: Auth | None = None
    """Credentials that have no scope at all."""
    phases: tuple[str, ...] = PHASES
    max_examples: int = 25
    tags: frozenset[str] = frozenset()
    """Only operations with one of these tags; without any, all."""
    ids: frozenset[str] = frozenset()
    """Only these operations; without any, all."""
    max_time: int | None = None
    interval: float = 0.0
    """Seconds between two requests at least."""
    spec: Path | None = None
    junit: Path | None = None
    json: Path | None = None
    coverage: bool = False
    require_success: bool = False
    may_fail: frozenset[str] = frozenset()
    """Operations that need not succeed although `require_success` is set."""
    min_links: int = 0
    """How many links must be followed."""

    def chooses(self, operation: Operation) -> bool:
        """Return whether an operation is to be tested."""
        return self.names(operation) and self.allows(operation.method, operation.path)

    def names(self, operation: Operation) -> bool:
        """Return whether an operation is asked for, by its tag and by itself."""
        return (not self.tags or operation.tag in self.tags) and (not self.ids or operation.id in self.ids)

    def allows(self, method: str, path: str) -> bool:
        """Return whether a request may be sent, given the template of its path."""
        return (self.write or method in {"GET", "HEAD"}) and (method, path) != NEVER_SENT
