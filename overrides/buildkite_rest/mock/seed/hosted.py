"""Agent images in every state, cache volumes and addresses of a cluster with hosted agents."""

from __future__ import annotations

from math import inf

from ..ids import Kind, digest
from ..world.accounts import Organization
from ..world.clusters import Cluster
from ..world.hosted import AgentImage, CacheVolume, NetworkRange, image_registry
from ..world.world import World
from .accounts import DAY, EPOCH

#: Name, Dockerfile, when it is built.
_IMAGES = (
    ("web", "RUN apt-get update && apt-get install --yes libpq-dev", EPOCH - 40 * DAY),
    ("plain", "", EPOCH - 10 * DAY),
    ("broken", "ENV CI=1\nRUN exit 100", EPOCH - 2 * DAY),
    ("slow", "RUN make world", inf),
)
#: Tag, size, days since the volume was detached: never, or some.
_VOLUMES = (
    ("web/node_modules", 20_480, 30.0),
    ("web/node_modules", 20_480, 2.0),
    ("api/go;mod", 10_240, 1.0),
    ("git-mirror", 5_120, 0.5),
    ("ios/pods", 40_960, None),
)


def add_hosted(world: World, organization: Organization, cluster: Cluster) -> None:
    """Add images, volumes and addresses. The first queue runs on the first image."""
    for name, dockerfile, built_at in _IMAGES:
        identifier = digest("agent image", world.new_id(Kind.AGENT_IMAGE), length=13)
        cluster.agent_images[identifier] = AgentImage(
            id=identifier, name=name, dockerfile=dockerfile, built_at=built_at, registry=image_registry(organization)
        )
    first = next(iter(cluster.agent_images.values()))
    next(iter(cluster.queues.values())).agent_image_ref = first.ref
    for tag, size_mb, days in _VOLUMES:
        detached_at = None if days is None else EPOCH - days * DAY
        volume = CacheVolume(
            id=f"vol-{digest('volume', world.new_id(Kind.CACHE_VOLUME), length=26)}",
            tag=tag,
            size_mb=size_mb,
            created_at=EPOCH - 90 * DAY,
            attached_at=(detached_at or EPOCH) - 600,
            detached_at=detached_at,
        )
        cluster.cache_volumes.append(volume)
    third = 1 + list(world.organizations).index(organization.slug)
    cluster.network_ranges = tuple(NetworkRange(f"203.0.{third}.{8 * block}/29") for block in range(3))
