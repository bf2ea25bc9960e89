"""What a run is asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import frozen

from .._auth import Auth
from .description import Operation

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")

#: A run that revokes its own token fails from then on, and so does everything else that uses the token.
NEVER_SENT: Final = ("DELETE", "/v2/access-token")


@frozen(kw_only=True)
class Options:
    """What the command line says, checked."""

    base_url: str
    auth: Auth
    seed: int
    write: bool = False
    phases: tuple[str, ...] = PHASES
    max_examples: int = 25
    tags: frozenset[str] = frozenset()
    """Only operations with one of these tags; without any, all."""
    max_time: int | None = None
    rate_limit: str | None = None
    spec: Path | None = None
    junit: Path | None = None
    json: Path | None = None
    require_success: bool = False
    may_fail: frozenset[str] = frozenset()
    """Operations that need not succeed although `require_success` is set."""

    def chooses(self, operation: Operation) -> bool:
        """Return whether an operation is to be tested."""
        return self.allows(operation.method, operation.path) and (not self.tags or operation.tag in self.tags)

    def allows(self, method: str, path: str) -> bool:
        """Return whether a request may be sent, given the template of its path."""
        return (self.write or method in {"GET", "HEAD"}) and (method, path) != NEVER_SENT
