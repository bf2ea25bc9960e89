"""Who asks, and what they may do: users, organizations, access tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from .agents import Agent, Queue
    from .pipeline_templates import PipelineTemplate
    from .pipelines import Pipeline


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
    members: list[User]
    pipelines: dict[str, Pipeline] = attrs.field(factory=dict[str, "Pipeline"])
    agents: dict[str, Agent] = attrs.field(factory=dict[str, "Agent"])
    queues: dict[str, Queue] = attrs.field(factory=dict[str, "Queue"])
    pipeline_templates: dict[str, PipelineTemplate] = attrs.field(factory=dict[str, "PipelineTemplate"])
    emojis: tuple[Emoji, ...] = ()


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
