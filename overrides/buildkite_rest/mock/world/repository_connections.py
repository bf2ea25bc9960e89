"""What an organization is connected to that hosts repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

#: Types of connections whose repositories can be listed.
LISTING_TYPES = frozenset(
    {
        "github_app",
        "github_code_access_app",
        "github_restricted_app",
        "github_enterprise_app",
        "cursor_origin_app",
    }
)


@attrs.frozen(kw_only=True)
class ConnectedRepository:
    """A repository that a connection reaches."""

    full_name: str
    host: str
    default_branch: str | None = "main"


@attrs.frozen(kw_only=True)
class ProviderRateLimit:
    """How much of its rate limit at the service a connection has used."""

    limit: int
    used: int
    reset_at: float


@attrs.define(kw_only=True, eq=False)
class RepositoryConnection:
    """A connection to a service. Only hosts have no account."""

    id: str
    type: str
    display_name: str
    login: str | None = None
    host: Mapping[str, Any] | None = None
    rate_limit: ProviderRateLimit | None = None
    repositories: tuple[ConnectedRepository, ...] = ()
    #: Until then the service does not answer.
    unavailable_until: float | None = None
