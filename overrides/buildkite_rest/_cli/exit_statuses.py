"""Exit statuses of the commands, and errors that have one. `api.py` chooses between those of responses."""

from __future__ import annotations

from typing import Final

OK: Final = 0
API_ERROR: Final = 1
"""The API responded with an error status, or GraphQL with errors."""
USAGE: Final = 2
"""An option, an argument or a file cannot be used. `api` has sent nothing."""
NO_RESPONSE: Final = 3
"""There is no complete response, it cannot be decoded, or a list cannot be continued."""
UNAUTHENTICATED: Final = 4
"""There are no credentials, they cannot be used, or the API does not accept them (401)."""
UNWRITTEN: Final = 5
"""The request was sent, but standard output cannot be written."""
INTERRUPTED: Final = 130


class CommandError(Exception):
    """A failure with the exit status of the command."""

    def __init__(self, message: str, status: int = USAGE) -> None:
        self.status = status
        super().__init__(message)
