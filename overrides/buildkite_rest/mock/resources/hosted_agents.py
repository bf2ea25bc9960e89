"""Hosted agents of clusters: images, cache volumes, network ranges, and remote access to the machines of jobs."""

from __future__ import annotations

import re
from typing import Literal

import attrs

from .. import lookup
from ..clock import iso
from ..http.call import Call, Reply, json, no_content
from ..http.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableError
from ..http.routing import routes
from ..ids import digest
from ..lookup import JOB
from ..undo import stored
from .clusters import CLUSTER_URL, clusters
from .resource import Resource, Values, field, fields_json

_FROM_LINE = re.compile(r"FROM(\s.*)?", re.IGNORECASE)
_BASE_IMAGE = "FROM docker.io/buildkite/hosted-agent-base:ubuntu-v1.3.0"


@stored
class AgentImage:
    """A container image for hosted agents, which is building until `built_at`."""

    id: str
    name: str = field(settable=True)
    dockerfile: str = field(settable=True)
    built_at: float = field(hidden=True)
    registry: str = field(hidden=True)
    version: int = 1
    base_image: str = _BASE_IMAGE
    #: Error message of a build that failed, which only seeded ones do.
    error: str | None = field(default=None, hidden=True)

    @property
    def ref(self) -> str:
        """Reference of the image once it is built."""
        return f"{self.registry}/{self.id}:v{self.version}"

    def status(self, call: Call) -> Literal["BUILDING", "READY", "FAILED"]:
        """State of the build."""
        if call.now < self.built_at:
            return "BUILDING"
        return "READY" if self.error is None else "FAILED"


@attrs.frozen(kw_only=True, eq=False)
class CacheVolume:
    """A disk that hosted agents share between jobs."""

    id: str
    tag: str
    size_mb: int
    created_at: float
    attached_at: float | None = None
    detached_at: float | None = None


def _images_of(call: Call) -> dict[str, AgentImage]:
    """Return the images of a cluster, empty without hosted agents. Raise 404 if the plan does not include images."""
    if not lookup.organization(call).enterprise:
        raise NotFoundError("Agent images are not available for this organization")
    cluster = lookup.managed_cluster(call)
    return cluster.agent_images if cluster.hosted else {}


def _prepare_image(call: Call, values: Values, _: AgentImage | None) -> None:
    """Check fields, and start building an image, which takes as long as a build."""
    cluster, name = lookup.cluster(call), values["name"].strip()
    if not cluster.hosted:
        raise UnprocessableError("Agent images are only available for hosted clusters")
    if not name:
        raise UnprocessableError("name can't be blank")
    if any(_FROM_LINE.fullmatch(line.strip()) for line in values["dockerfile"].splitlines()):
        raise UnprocessableError("dockerfile must not contain a FROM instruction")
    if any(image.name == name for image in cluster.agent_images.values()):
        raise ConflictError(f'an agent image named "{name}" already exists in this cluster')
    slug = call.params["org"]
    registry = f"registry.{slug}.example/{slug}/buildkite"
    values |= {"name": name, "built_at": call.now + call.backend.build_seconds, "registry": registry}


def _check_unused(call: Call, image: AgentImage) -> None:
    """Raise 409 if a queue uses the image."""
    if any(queue.agent_image_ref == image.ref for queue in lookup.cluster(call).queues.values()):
        raise ConflictError(
            "this agent image is in use by one or more queues; reassign those queues before deleting it"
        )


agent_images = Resource(
    scope="clusters",
    may_write=lookup.managed_cluster,
    type=AgentImage,
    computed={
        **CLUSTER_URL,
        "status": lambda call, item: item.status(call),
        "image_ref": lambda call, item: item.ref if item.status(call) == "READY" else None,
        "last_build_error": lambda call, item: item.error if item.status(call) == "FAILED" else None,
        "composed_dockerfile": lambda _, item: f"{_BASE_IMAGE}\n{item.dockerfile}",
    },
    path=f"{clusters.item_path}/agent-images",
    key="image_id",
    has_graphql_id=False,
    audited=False,
    identify=lambda identifier: digest("agent image", identifier, length=13),
    web_path="/organizations/{org}/clusters/{cluster_id}/agent_images/{image_id}",
    objects=_images_of,
    operations=("list", "get", "create", "delete"),
    paging="none",
    select=lambda _, images: sorted(images, key=lambda image: image.name),
    prepare=_prepare_image,
    before_delete=_check_unused,
    not_found_message="No agent image found with the given ID.",
)
_VOLUMES_PATH = f"{clusters.item_path}/cache_volumes"


@routes.route("GET", _VOLUMES_PATH, scope="read_clusters")
def list_cluster_cache_volumes(call: Call) -> Reply:
    cluster = lookup.managed_cluster(call)
    return json([{**fields_json(one), "cluster_id": cluster.id} for one in cluster.cache_volumes.values()])


@routes.route("DELETE", _VOLUMES_PATH, scope="write_clusters", checks="tag")
def delete_cluster_cache_volume(call: Call) -> Reply:
    cluster, tag = lookup.managed_cluster(call), call.body.get("tag")
    if not isinstance(tag, str) or not tag:
        raise BadRequestError("`tag` must be a non-empty string")
    if not cluster.hosted:
        raise NotFoundError("This cluster has no hosted cache volumes")
    if cluster.cache_volumes.pop(tag, None) is None:
        raise NotFoundError(f"No cache volume found for tag: {tag}")
    return no_content()


@routes.route("GET", f"{clusters.item_path}/network_ranges", scope="read_clusters")
def list_cluster_network_ranges(call: Call) -> Reply:
    ranges = lookup.managed_cluster(call).network_ranges
    return json([{"cidr_range": cidr, "kind": "NAMESPACE_MANAGED"} for cidr in ranges])


_SESSION_SECONDS = 300
_SESSION_STARTED = ("JobTerminalSessionStartedEvent", "Job")


@routes.route("POST", f"{JOB[1]}/vnc-session", scope="write_builds", event=_SESSION_STARTED)
def create_vnc_session(call: Call) -> Reply:
    login = {"username": "runner", "password": digest("vnc", call.params["job_id"], call.now, length=16)}
    return _session(call, vnc=login)


@routes.route("POST", f"{JOB[1]}/ssh-session", scope="write_builds", event=_SESSION_STARTED)
def create_ssh_session(call: Call) -> Reply:
    """Create credentials for a shell on the machine of a job."""
    secret = digest("ssh", call.params["job_id"], call.now)
    key = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----\n"
    return _session(call, transport="namespace_ingress", ssh={"username": "runner", "private_key": key})


def _session(call: Call, **login: object) -> Reply:
    """Return credentials for the machine of a job, which must be a hosted Mac."""
    job = lookup.job(call)
    if not lookup.organization(call).pipeline_settings.hosted_agents_terminal_access["enabled"]:
        raise NotFoundError("Remote access is not enabled")
    queue = job.queue
    if job.state != "running" or queue is None or queue.os != "darwin":
        raise UnprocessableError("The job is not a running command job on a macOS hosted agent")
    session = {
        "endpoint": f"wss://{digest('session', job.id, length=12)}.remote-access.example",
        "access_token": digest("access", job.id, call.now),
        "expires_at": iso(call.now + _SESSION_SECONDS),
    }
    return json({**session, **login}, headers={"Cache-Control": "no-store"})
