"""A request on its way to a handler: what was asked, by whom, of which world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..world.accounts import Organization, Token
from ..world.world import World
from .limits import Limit, Usage
from .query import Query


@attrs.define(kw_only=True)
class Call:
    """One request. The engine has checked the token, its scopes, the parameters and the body."""

    world: World
    now: float
    path: str
    params: Mapping[str, str]
    query: Query
    headers: Mapping[str, str]
    base_url: str
    storage_url: str
    organization_limit: Limit
    #: Address that the request came from.
    client: str | None = None
    body: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    _token: Token | None = attrs.field(default=None, alias="token")

    @property
    def token(self) -> Token:
        """The token that the request is made with. Public operations have none."""
        if self._token is None:
            raise LookupError("a public operation has no token")
        return self._token

    def may(self, scope: str) -> bool:
        """Tell whether the token has a scope."""
        return scope in self.token.scopes

    def organization_usage(self, organization: Organization) -> Usage:
        """Tell how much of its rate limit an organization has used."""
        return self.organization_limit.usage(organization.id)

    def find_organization(self) -> Organization | None:
        """Return the organization in the path, if the token may see it."""
        slug = self.params.get("org")
        return next((found for found in self.token.organizations if found.slug == slug), None)
