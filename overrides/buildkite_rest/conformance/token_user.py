"""The user of the token: whether it administers an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field

from .. import Buildkite, BuildkiteError
from .request_log import BudgetSpentError

_ADMINISTRATOR: Final = "admin"


@define
class TokenUser:
    """The user of the token.

    Others than administrators see less, and get 403 for some requests, whatever else is wrong with these.
    """

    _connect: Callable[[], Buildkite]
    """Makes a client."""
    _administers: dict[str, bool] = field(factory=dict[str, bool], init=False)

    def administers(self, organization: str) -> bool:
        """Return whether the user is known to be an administrator of an organization. Sends two requests, once."""
        if organization not in self._administers:
            self._administers[organization] = self._read_role(organization) == _ADMINISTRATOR
        return self._administers[organization]

    def _read_role(self, organization: str) -> object:
        """Return the role of the user, or None if it cannot be read."""
        try:
            with self._connect() as client:
                user = client.user.get()
                return getattr(client.organization_members.get(organization, str(user.id)), "role", None)
        except (BuildkiteError, BudgetSpentError, AttributeError, TypeError, ValueError):
            return None
