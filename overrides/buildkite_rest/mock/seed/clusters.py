"""Clusters: one for everything, one of hosted machines, one that nobody has set up yet."""

from __future__ import annotations

from ..ids import Kind
from ..world.accounts import Organization
from ..world.clusters import Cluster
from ..world.queues import SHAPES, Queue
from ..world.world import World
from .accounts import DAY, EPOCH
from .hosted import add_hosted

#: Key, description, architecture, shape of hosted machines, choice of agents for retries.
_QUEUES = (
    ("default", "Whatever needs no special machine", "amd64", None, "prefer-warmest"),
    ("arm", None, "arm64", None, "prefer-different"),
    ("macos", "Apple silicon", "arm64", "MACOS_ARM64_M4_6X28", "prefer-warmest"),
    ("maintenance", "Chores at night", "amd64", None, "prefer-warmest"),
)
_HOSTED_QUEUES = (
    ("linux-small", "Two processors", "amd64", "LINUX_AMD64_2X4", "prefer-warmest"),
    ("linux-arm", None, "arm64", "LINUX_ARM64_8X32", "prefer-warmest"),
    ("mac-large", "Twelve cores", "arm64", "MACOS_ARM64_M4_12X56", "prefer-warmest"),
)


def add_clusters(world: World) -> None:
    """Add clusters and their queues to each organization."""
    for organization in world.organizations.values():
        main = _add(world, organization, "Default cluster", description="Where most pipelines run", emoji=":house:")
        _add_queues(world, organization, main, _QUEUES)
        queue = main.queue_with_key("maintenance")
        if queue is not None:
            queue.pause(EPOCH - DAY, organization.members[1], "Waiting for spare parts")
        hosted = _add(world, organization, "Hosted", color="#8DD3C7", hosted_git_mirror_enabled=True)
        _add_queues(world, organization, hosted, _HOSTED_QUEUES)
        add_hosted(world, organization, hosted)
        _add(world, organization, "Experiments")


def _add(
    world: World,
    organization: Organization,
    name: str,
    *,
    description: str | None = None,
    emoji: str | None = None,
    color: str | None = None,
    hosted_git_mirror_enabled: bool = False,
) -> Cluster:
    number = world.new_number(Kind.CLUSTER)
    cluster = Cluster(
        id=world.ids.make(Kind.CLUSTER, number),
        name=name,
        description=description,
        emoji=emoji,
        color=color,
        hosted_git_mirror_enabled=hosted_git_mirror_enabled,
        created_at=EPOCH - 300 * DAY + DAY * number,
        created_by=organization.members[0] if description else None,
    )
    organization.clusters[cluster.id] = cluster
    return cluster


def _add_queues(
    world: World,
    organization: Organization,
    cluster: Cluster,
    queues: tuple[tuple[str, str | None, str, str | None, str], ...],
) -> None:
    for position, (key, description, arch, shape, affinity) in enumerate(queues):
        queue = Queue(
            id=world.new_id(Kind.QUEUE),
            cluster_id=cluster.id,
            key=key,
            description=description,
            self_hosted_arch=arch,
            shape=None if shape is None else SHAPES[shape],
            retry_agent_affinity=affinity,
            created_at=cluster.created_at + 60 * position,
            created_by=organization.members[position % len(organization.members)] if position else None,
        )
        cluster.queues[queue.id] = queue
    cluster.default_queue = next(iter(cluster.queues.values()))
