"""Maintainers, agent tokens and secrets of the seeded clusters."""

from __future__ import annotations

from ..clock import iso_seconds
from ..ids import Kind, digest
from ..world.accounts import Organization, User
from ..world.clusters import AgentToken, Cluster, Maintainer, Secret
from ..world.teams import Team
from ..world.world import World
from .accounts import DAY, EPOCH

#: Description, addresses, days until it expires.
_TOKENS = (
    ("Machines in Vienna", "203.0.113.0/24 198.51.100.7", None),
    ("Macs", None, 365.0),
    ("Was for the move", "0.0.0.0/0", -30.0),
)
#: Key, description, policy, days since it was read.
_SECRETS = (
    ("DEPLOY_KEY", "Lets the deploy pipeline push", "- pipeline_slug: deploy\n  build_branch: main\n", 1.0),
    ("NPM_TOKEN", None, None, None),
    ("signing_key_2", "Signs releases", "- build_source: [api, ui]\n- pipeline_slug: [ios, web]\n", 12.0),
)


def add_cluster_contents(world: World) -> None:
    """Let users and a team maintain clusters, and add agent tokens and secrets to the same ones."""
    for organization in world.organizations.values():
        first, second, *_ = organization.clusters.values()
        actors: list[User | Team] = [*organization.members[:2], *list(organization.teams.values())[1:2]]
        for actor in actors:
            _add_maintainer(world, first, actor)
        _add_maintainer(world, second, organization.members[1])
        for cluster in (first, second):
            _add_tokens(world, organization, cluster)
            _add_secrets(world, organization, cluster)


def _add_maintainer(world: World, cluster: Cluster, actor: User | Team) -> None:
    maintainer = Maintainer(id=world.new_id(Kind.CLUSTER_MAINTAINER), actor=actor)
    cluster.maintainers[maintainer.id] = maintainer


def _add_tokens(world: World, organization: Organization, cluster: Cluster) -> None:
    for position, (description, addresses, days) in enumerate(_TOKENS):
        identifier = world.new_id(Kind.AGENT_TOKEN)
        cluster.agent_tokens[identifier] = AgentToken(
            id=identifier,
            value=digest("agent token", identifier, length=24),
            description=description,
            allowed_ip_addresses=addresses,
            expires_at=None if days is None else iso_seconds(EPOCH + days * DAY),
            created_at=EPOCH - (200 - position) * DAY,
            created_by=organization.members[position % len(organization.members)] if position else None,
        )


def _add_secrets(world: World, organization: Organization, cluster: Cluster) -> None:
    for position, (key, description, policy, read) in enumerate(_SECRETS):
        identifier = world.new_id(Kind.CLUSTER_SECRET)
        created_at = EPOCH - (150 - position) * DAY
        cluster.secrets[identifier] = Secret(
            id=identifier,
            key=key,
            value=digest("secret", identifier),
            description=description,
            policy=policy,
            created_at=created_at,
            created_by=organization.members[0],
            updated_at=created_at + position * DAY,
            updated_by=organization.members[1] if position else None,
            last_read_at=None if read is None else EPOCH - read * DAY,
        )
