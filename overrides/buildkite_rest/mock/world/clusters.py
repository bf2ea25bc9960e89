"""Clusters: queues, agents and pipelines that are apart from others, and who may do what with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .hosted import AgentImage, CacheVolume, NetworkRange
from .queues import Queue
from .teams import Team

if TYPE_CHECKING:
    from .accounts import Organization, User


@attrs.frozen(kw_only=True, eq=False)
class Maintainer:
    """A user or a team that manages a cluster."""

    id: str
    actor: User | Team

    def is_left_in(self, organization: Organization) -> bool:
        """Tell whether the user or the team still belongs to the organization."""
        return self.actor in organization.members or self.actor in organization.teams.values()


@attrs.define(kw_only=True, eq=False)
class AgentToken:
    """A token with which agents connect to a cluster."""

    id: str
    value: str = attrs.field(repr=False)
    description: str
    created_at: float
    created_by: User | None
    allowed_ip_addresses: str | None = None
    expires_at: str | None = None


@attrs.define(kw_only=True, eq=False)
class Secret:
    """A value that only jobs can read."""

    id: str
    key: str
    value: str | None = attrs.field(repr=False)
    created_at: float
    created_by: User | None
    updated_at: float
    description: str | None = None
    policy: str | None = None
    updated_by: User | None = None
    last_read_at: float | None = None


@attrs.define(kw_only=True, eq=False)
class Cluster:
    """A cluster and what belongs to it."""

    id: str
    name: str
    created_at: float
    created_by: User | None = None
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    default_queue: Queue | None = None
    hosted_git_mirror_enabled: bool = False
    hosted_container_cache_enabled: bool = False
    queues: dict[str, Queue] = attrs.field(factory=dict[str, Queue])
    maintainers: dict[str, Maintainer] = attrs.field(factory=dict[str, Maintainer])
    agent_tokens: dict[str, AgentToken] = attrs.field(factory=dict[str, AgentToken])
    secrets: dict[str, Secret] = attrs.field(factory=dict[str, Secret])
    agent_images: dict[str, AgentImage] = attrs.field(factory=dict[str, AgentImage])
    cache_volumes: list[CacheVolume] = attrs.field(factory=list[CacheVolume])
    network_ranges: tuple[NetworkRange, ...] = ()

    @property
    def hosted(self) -> bool:
        """Whether agents of Buildkite run jobs of the cluster."""
        return any(queue.hosted for queue in self.queues.values())

    def queue_with_key(self, key: str) -> Queue | None:
        """Find a queue by its key."""
        return next((queue for queue in self.queues.values() if queue.key == key), None)

    def maintainers_in(self, organization: Organization) -> dict[str, Maintainer]:
        """Return the maintainers by their ids. Those that have left the organization are forgotten."""
        for gone in [one for one in self.maintainers.values() if not one.is_left_in(organization)]:
            del self.maintainers[gone.id]
        return self.maintainers

    def managed_by(self, organization: Organization, user: User) -> bool:
        """Tell whether a user is an administrator or a maintainer, or in a team that is one."""
        actors = [maintainer.actor for maintainer in self.maintainers_in(organization).values()]
        return organization.administered_by(user) or any(
            actor is user or (isinstance(actor, Team) and user.id in actor.members) for actor in actors
        )

    def listed_cache_volumes(self) -> list[CacheVolume]:
        """Return for each tag the volume that was detached last."""
        latest: dict[str, CacheVolume] = {}
        detached = [volume for volume in self.cache_volumes if volume.detached_at is not None]
        for volume in sorted(detached, key=lambda volume: volume.detached_at or 0):
            latest[volume.tag] = volume
        return list(latest.values())

    def retire(self, queue: Queue) -> None:
        """Let a queue get no jobs any more. If it is the default one, there is none then."""
        queue.deleted = True
        if self.default_queue is queue:
            self.default_queue = None
