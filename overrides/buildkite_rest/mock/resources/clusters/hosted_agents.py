"""Hosted agents: agent images, cache volumes and network ranges of a cluster."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Literal

import attrs

from ... import lookup
from ...backend import DAY, Backend
from ...clock import iso, iso_or_none
from ...http.call import Call, Reply, json, no_content
from ...http.collection import Collection
from ...http.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableError
from ...http.routing import Routes
from ...ids import Kind, digest
from ...rendering import RenderContext, cluster_web_url
from ...undo import stored
from ...values import Json
from ..organizations import Organization

if TYPE_CHECKING:
    from .cluster import Cluster


#: A line of a Dockerfile that fails the build.
_FAILING_LINE = re.compile(r"RUN\s+(?:false|exit\s+[1-9]\d{0,2})", re.ASCII | re.IGNORECASE)
_FROM_LINE = re.compile(r"FROM(\s.*)?", re.IGNORECASE)


@stored
class AgentImage:
    """A container image for hosted agents, which is building until `built_at`."""

    id: str
    name: str
    dockerfile: str
    built_at: float
    registry: str
    version: int = 1

    @property
    def ref(self) -> str:
        """Reference of the image once it is built."""
        return f"{self.registry}/{self.id}:v{self.version}"

    @property
    def error(self) -> str | None:
        """Error message of the build, if it fails."""
        failing = (line.strip() for line in self.dockerfile.splitlines())
        line = next((line for line in failing if _FAILING_LINE.fullmatch(line)), None)
        return None if line is None else f"The step failed: {line}"

    def status(self, now: float) -> Literal["BUILDING", "READY", "FAILED"]:
        """Return the state of the build."""
        if now < self.built_at:
            return "BUILDING"
        return "READY" if self.error is None else "FAILED"


def has_from(dockerfile: str) -> bool:
    """Return whether a Dockerfile has a FROM instruction."""
    return any(_FROM_LINE.fullmatch(line.strip()) for line in dockerfile.splitlines())


def image_registry(organization: Organization) -> str:
    """Return the container registry of an organization."""
    return f"registry.{organization.slug}.example/{organization.slug}/buildkite"


@attrs.frozen(kw_only=True, eq=False)
class CacheVolume:
    """A disk that hosted agents share between jobs."""

    id: str
    tag: str
    size_mb: int
    created_at: float
    attached_at: float | None = None
    detached_at: float | None = None


@attrs.frozen
class NetworkRange:
    """An egress IP range of hosted agents."""

    cidr_range: str
    kind: str = "NAMESPACE_MANAGED"


_BASE_IMAGE = "FROM docker.io/buildkite/hosted-agent-base:ubuntu-v1.3.0"


def agent_image_json(
    context: RenderContext, organization: Organization, cluster: Cluster, image: AgentImage, now: float
) -> Json:
    """Return an agent image as JSON, with its state at `now`."""
    url, status = context.cluster_url(organization, cluster), image.status(now)
    return {
        "id": image.id,
        "name": image.name,
        "status": status,
        "image_ref": image.ref if status == "READY" else None,
        "version": image.version,
        "last_build_error": image.error if status == "FAILED" else None,
        "dockerfile": image.dockerfile,
        "base_image": _BASE_IMAGE,
        "composed_dockerfile": f"{_BASE_IMAGE}\n{image.dockerfile}",
        "url": f"{url}/agent-images/{image.id}",
        "web_url": f"{cluster_web_url(organization, cluster)}/agent_images/{image.id}",
        "cluster_url": url,
    }


def cache_volume_json(cluster: Cluster, volume: CacheVolume) -> Json:
    return {
        "id": volume.id,
        "tag": volume.tag,
        "cluster_id": cluster.id,
        "size_mb": volume.size_mb,
        "created_at": iso(volume.created_at),
        "attached_at": iso_or_none(volume.attached_at),
        "detached_at": iso_or_none(volume.detached_at),
    }


def network_range_json(network_range: NetworkRange) -> Json:
    return {"cidr_range": network_range.cidr_range, "kind": network_range.kind}


routes = Routes()


def _images_of(call: Call) -> dict[str, AgentImage]:
    """Return the images of a cluster, empty without hosted agents. Raise 404 if the plan does not include images."""
    if not lookup.organization(call).enterprise:
        raise NotFoundError("Agent images are not available for this organization")
    cluster = lookup.managed_cluster(call)
    return cluster.agent_images if cluster.hosted else {}


_images = Collection(
    noun="agent image",
    path="/v2/organizations/{org}/clusters/{cluster_id}/agent-images",
    key="image_id",
    objects=_images_of,
    render=lambda call, image: agent_image_json(
        lookup.render_context(call), lookup.organization(call), lookup.cluster(call), image, call.now
    ),
    not_found_message="No agent image found with the given ID.",
)
_images.add_list_route(
    routes, scope="read_clusters", paging="none", select=lambda _, images: sorted(images, key=lambda image: image.name)
)
_images.add_read_route(routes, scope="read_clusters")


@_images.add_create_route(routes, scope="write_clusters")
def create_cluster_agent_image(call: Call) -> tuple[str, AgentImage]:
    """Start building an image, which takes as long as a build."""
    cluster, name = lookup.cluster(call), call.body["name"].strip()
    if not cluster.hosted:
        raise UnprocessableError("Agent images are only available for hosted clusters")
    if not name:
        raise UnprocessableError("name can't be blank")
    if has_from(call.body["dockerfile"]):
        raise UnprocessableError("dockerfile must not contain a FROM instruction")
    if any(image.name == name for image in cluster.agent_images.values()):
        raise ConflictError(f'an agent image named "{name}" already exists in this cluster')
    identifier = digest("agent image", call.backend.new_id(Kind.AGENT_IMAGE), length=13)
    return identifier, AgentImage(
        id=identifier,
        name=name,
        dockerfile=call.body["dockerfile"],
        built_at=call.now + call.backend.build_seconds,
        registry=image_registry(lookup.organization(call)),
    )


def _check_unused(call: Call, image: AgentImage) -> None:
    """Raise 409 if a queue uses the image."""
    if any(queue.agent_image_ref == image.ref for queue in lookup.cluster(call).queues.values()):
        raise ConflictError(
            "this agent image is in use by one or more queues; reassign those queues before deleting it"
        )


_images.add_delete_route(routes, scope="write_clusters", before=_check_unused)
_VOLUMES_PATH = "/v2/organizations/{org}/clusters/{cluster_id}/cache_volumes"


@routes.route("GET", _VOLUMES_PATH, scope="read_clusters")
def list_cluster_cache_volumes(call: Call) -> Reply:
    """List the volume of each tag that was detached last."""
    cluster = lookup.managed_cluster(call)
    volumes = cluster.listed_cache_volumes() if cluster.hosted else []
    return json([cache_volume_json(cluster, volume) for volume in volumes])


@routes.route("DELETE", _VOLUMES_PATH, scope="write_clusters", checks="tag")
def delete_cluster_cache_volume(call: Call) -> Reply:
    cluster, tag = lookup.managed_cluster(call), call.body.get("tag")
    if not isinstance(tag, str) or not tag:
        raise BadRequestError("`tag` must be a non-empty string")
    if not cluster.hosted:
        raise NotFoundError("This cluster has no hosted cache volumes")
    if tag not in [volume.tag for volume in cluster.listed_cache_volumes()]:
        raise NotFoundError(f"No cache volume found for tag: {tag}")
    cluster.cache_volumes = [volume for volume in cluster.cache_volumes if volume.tag != tag]
    return no_content()


@routes.route("GET", "/v2/organizations/{org}/clusters/{cluster_id}/network_ranges", scope="read_clusters")
def list_cluster_network_ranges(call: Call) -> Reply:
    cluster = lookup.managed_cluster(call)
    return json([network_range_json(item) for item in cluster.network_ranges] if cluster.hosted else [])


#: Name, Dockerfile, days since it was built.
_SEEDED_IMAGES = (
    ("web", "RUN apt-get update && apt-get install --yes libpq-dev", 40),
    ("plain", "", 10),
    ("broken", "ENV CI=1\nRUN exit 100", 2),
    ("slow", "RUN make world", -inf),
)
#: Tag, size, days since the volume was detached, or None if it is attached.
_SEEDED_VOLUMES = (
    ("web/node_modules", 20_480, 30.0),
    ("web/node_modules", 20_480, 2.0),
    ("api/go;mod", 10_240, 1.0),
    ("git-mirror", 5_120, 0.5),
    ("ios/pods", 40_960, None),
)


def add_hosted(backend: Backend, organization: Organization, cluster: Cluster) -> None:
    """Add images, cache volumes and network ranges. The first queue uses the first image."""
    for name, dockerfile, days_ago in _SEEDED_IMAGES:
        identifier = digest("agent image", backend.new_id(Kind.AGENT_IMAGE), length=13)
        cluster.agent_images[identifier] = AgentImage(
            id=identifier,
            name=name,
            dockerfile=dockerfile,
            built_at=backend.epoch - days_ago * DAY,
            registry=image_registry(organization),
        )
    first = next(iter(cluster.agent_images.values()))
    next(iter(cluster.queues.values())).agent_image_ref = first.ref
    for tag, size_mb, days in _SEEDED_VOLUMES:
        detached_at = None if days is None else backend.epoch - days * DAY
        volume = CacheVolume(
            id=f"vol-{digest('volume', backend.new_id(Kind.CACHE_VOLUME), length=26)}",
            tag=tag,
            size_mb=size_mb,
            created_at=backend.epoch - 90 * DAY,
            attached_at=(detached_at or backend.epoch) - 600,
            detached_at=detached_at,
        )
        cluster.cache_volumes.append(volume)
    third = 1 + list(backend.organizations).index(organization.slug)
    cluster.network_ranges = tuple(NetworkRange(f"203.0.{third}.{8 * block}/29") for block in range(3))
