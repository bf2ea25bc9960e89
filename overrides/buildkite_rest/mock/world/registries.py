"""Package registries and the tokens to read them with. What is in them is in `packages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .packages import Package


@attrs.define(kw_only=True, eq=False)
class Registry:
    """A place for packages of one ecosystem."""

    id: str
    organization: Organization
    slug: str
    name: str
    ecosystem: str
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    oidc_policy: str | None = None
    team_ids: tuple[str, ...] = ()
    tokens: dict[str, RegistryToken] = attrs.field(factory=dict[str, "RegistryToken"])
    #: Oldest first.
    packages: dict[str, Package] = attrs.field(factory=dict[str, "Package"])


@attrs.define(kw_only=True, eq=False)
class RegistryToken:
    """Lets somebody read the packages of a registry."""

    id: str
    registry: Registry
    description: str
    created_at: float
    created_by: User
