"""Who asks, and what they may do: users, organizations, access tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .audit import AuditLog
from .settings import ApiSettings, PipelineSettings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from .agents import Agent
    from .clusters import Cluster
    from .invitations import Invitation
    from .members import Membership
    from .notification_services import NotificationService
    from .pipeline_templates import PipelineTemplate
    from .pipelines import Pipeline
    from .portals import Portal
    from .registries import Registry
    from .repository_connections import RepositoryConnection
    from .rules import Rule
    from .suites import Suite
    from .teams import Team


@attrs.define(kw_only=True, eq=False)
class User:
    """A person with an account."""

    id: str
    name: str
    email: str
    created_at: float


@attrs.define(kw_only=True, eq=False)
class Organization:
    """An organization and what belongs to it."""

    id: str
    slug: str
    name: str
    created_at: float
    memberships: dict[str, Membership] = attrs.field(factory=dict[str, "Membership"])
    invitations: dict[str, Invitation] = attrs.field(factory=dict[str, "Invitation"])
    teams: dict[str, Team] = attrs.field(factory=dict[str, "Team"])
    teams_enabled: bool = True
    plan_has_teams: bool = True
    sso_enabled: bool = False
    #: Invitations that may be pending at the same time, and users that there may be.
    invitation_quota: int = 1_000
    user_limit: int = 10_000
    pipelines: dict[str, Pipeline] = attrs.field(factory=dict[str, "Pipeline"])
    agents: dict[str, Agent] = attrs.field(factory=dict[str, "Agent"])
    clusters: dict[str, Cluster] = attrs.field(factory=dict[str, "Cluster"])
    pipeline_templates: dict[str, PipelineTemplate] = attrs.field(factory=dict[str, "PipelineTemplate"])
    suites: dict[str, Suite] = attrs.field(factory=dict[str, "Suite"])
    #: When tags of executions were last replaced.
    execution_tags_at: float | None = None
    registries: dict[str, Registry] = attrs.field(factory=dict[str, "Registry"])
    portals: dict[str, Portal] = attrs.field(factory=dict[str, "Portal"])
    rules: dict[str, Rule] = attrs.field(factory=dict[str, "Rule"])
    notification_services: dict[str, NotificationService] = attrs.field(factory=dict[str, "NotificationService"])
    repository_connections: dict[str, RepositoryConnection] = attrs.field(factory=dict[str, "RepositoryConnection"])
    api_settings: ApiSettings = attrs.field(factory=ApiSettings)
    pipeline_settings: PipelineSettings = attrs.field(factory=PipelineSettings)
    audit_log: AuditLog = attrs.field(factory=AuditLog, repr=False)
    #: Whether its plan is the one with an audit log, an export of builds and the like.
    enterprise: bool = True
    emojis: tuple[Emoji, ...] = ()

    @property
    def members(self) -> list[User]:
        """The users that are members."""
        return [membership.user for membership in self.memberships.values()]

    def administered_by(self, user: User) -> bool:
        """Tell whether a user may do what takes an administrator. A token that outlives a membership still may."""
        membership = self.memberships.get(user.id)
        return membership is None or membership.role == "admin"

    def is_last_administrator(self, user: User) -> bool:
        """Tell whether there would be no administrator without a user."""
        return [one.user for one in self.memberships.values() if one.role == "admin"] == [user]


@attrs.frozen
class Emoji:
    """An emoji that an organization can use in text."""

    name: str
    url: str
    aliases: tuple[str, ...] = ()


@attrs.define(kw_only=True, eq=False)
class Token:
    """An API access token: an opaque secret, or a public key whose owner signs JSON Web Tokens."""

    uuid: str
    user: User
    organizations: tuple[Organization, ...]
    scopes: frozenset[str]
    description: str
    created_at: float
    expires_at: float | None = None
    secret: str | None = attrs.field(default=None, repr=False)
    public_key: RSAPublicKey | None = attrs.field(default=None, repr=False)
    revoked: bool = False

    def usable(self, now: float) -> bool:
        """Tell whether requests may still be made with the token."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)
