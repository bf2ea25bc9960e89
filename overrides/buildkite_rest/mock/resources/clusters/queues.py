"""Cluster queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ... import lookup
from ...backend import Backend
from ...clock import iso, iso_or_none
from ...http.call import Call, Reply
from ...http.collection import Collection
from ...http.errors import UnprocessableError, validation_failed
from ...http.routing import Routes
from ...ids import Kind, graphql_id
from ...rendering import RenderContext, cluster_web_url
from ...undo import stored
from ...values import Json
from ..organizations import Organization
from ..users import User, user_json_or_none

if TYPE_CHECKING:
    from .cluster import Cluster


@attrs.frozen(kw_only=True)
class InstanceShape:
    """Kind and size of hosted machines."""

    name: str
    machine_type: str
    architecture: str
    cpu: int
    memory: int

    def resizes_to(self, other: InstanceShape) -> bool:
        """Return whether another shape differs only in size."""
        return (self.machine_type, self.architecture) == (other.machine_type, other.architecture)


_LINUX_SIZES = ((2, 4), (4, 16), (8, 32), (16, 64), (32, 128), (64, 256))
_MAC_SIZES = ((6, 28), (12, 56))
_SHAPES = (
    *(
        InstanceShape(
            name=f"LINUX_{arch.upper()}_{cpu}X{memory}", machine_type="linux", architecture=arch, cpu=cpu, memory=memory
        )
        for arch in ("amd64", "arm64")
        for cpu, memory in _LINUX_SIZES
    ),
    *(
        InstanceShape(
            name=f"MACOS_ARM64_M4_{cpu}X{memory}", machine_type="macos", architecture="arm64", cpu=cpu, memory=memory
        )
        for cpu, memory in _MAC_SIZES
    ),
)
#: Documented shapes by name.
SHAPES = {shape.name: shape for shape in _SHAPES}


@stored
class Queue:
    """A queue of a cluster. Queues with a shape are hosted by Buildkite."""

    id: str
    cluster_id: str
    key: str
    created_at: float
    created_by: User | None = None
    description: str | None = None
    retry_agent_affinity: str = "prefer-warmest"
    self_hosted_arch: str = "amd64"
    shape: InstanceShape | None = None
    agent_image_ref: str | None = None
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    resumed_at: float | None = None
    deleted: bool = False

    @property
    def hosted(self) -> bool:
        """Whether its agents are hosted by Buildkite."""
        return self.shape is not None

    @property
    def os(self) -> str:
        """Operating system of its agents."""
        return "darwin" if self.shape is not None and self.shape.machine_type == "macos" else "linux"

    @property
    def arch(self) -> str:
        """Processor architecture of its agents."""
        return self.self_hosted_arch if self.shape is None else self.shape.architecture

    @property
    def paused(self) -> bool:
        """Whether dispatch is paused."""
        return self.paused_at is not None

    @property
    def dispatches(self) -> bool:
        """Whether jobs are dispatched to its agents."""
        return not self.paused and not self.deleted

    def pause(self, now: float, user: User, note: str | None) -> None:
        """Pause dispatch."""
        self.paused_at, self.paused_by, self.paused_note = now, user, note

    def resume(self, now: float) -> None:
        """Resume dispatch."""
        self.paused_at = self.paused_by = self.paused_note = None
        self.resumed_at = now


def queue_json(context: RenderContext, organization: Organization, cluster: Cluster, queue: Queue) -> Json:
    """Return a queue as JSON. Hosted queues have `hosted_agents` in place of `retry_agent_affinity`."""
    url = context.cluster_url(organization, cluster)
    body: Json = {
        "id": queue.id,
        "graphql_id": graphql_id("ClusterQueue", queue.id),
        "key": queue.key,
        "description": queue.description,
        "url": f"{url}/queues/{queue.id}",
        "web_url": f"{cluster_web_url(organization, cluster)}/queues/{queue.id}",
        "cluster_url": url,
        "dispatch_paused": queue.paused,
        "dispatch_paused_by": user_json_or_none(queue.paused_by),
        "dispatch_paused_at": iso_or_none(queue.paused_at),
        "dispatch_paused_note": queue.paused_note,
        "created_at": iso(queue.created_at),
        "created_by": user_json_or_none(queue.created_by),
    }
    if queue.shape is None:
        return {**body, "retry_agent_affinity": queue.retry_agent_affinity}
    return {**body, "hosted": True, "hosted_agents": _hosted_agents_json(queue, queue.shape)}


def _hosted_agents_json(queue: Queue, shape: InstanceShape) -> Json:
    return {
        "instance_shape": {
            "machine_type": shape.machine_type,
            "architecture": shape.architecture,
            "cpu": shape.cpu,
            "memory": shape.memory,
            "name": shape.name,
        },
        "platform_settings": (
            {"linux": {"agent_image_ref": queue.agent_image_ref}} if shape.machine_type == "linux" else {}
        ),
    }


routes = Routes()
_queues = Collection(
    noun="queue",
    path="/v2/organizations/{org}/clusters/{cluster_id}/queues",
    key="queue_id",
    objects=lambda call: lookup.cluster(call).queues,
    render=lambda call, queue: queue_json(
        lookup.render_context(call), lookup.organization(call), lookup.cluster(call), queue
    ),
)
_CONNECTED = frozenset({"connected", "stopping"})
_queues.add_list_route(routes, scope="read_clusters")
_queues.add_read_route(routes, scope="read_clusters")


@_queues.add_create_route(routes, scope="write_clusters")
def create_cluster_queue(call: Call) -> tuple[str, Queue]:
    """Create a queue, hosted if the body has a shape. The image of a new queue is always the default one."""
    cluster, key = lookup.managed_cluster(call), call.body["key"]
    if cluster.queue_with_key(key) is not None:
        raise validation_failed("Key has already been taken")
    machines = call.body.get("hostedAgents")
    queue = Queue(
        id=call.backend.new_id(Kind.QUEUE),
        cluster_id=cluster.id,
        key=key,
        description=call.body.get("description"),
        retry_agent_affinity=call.body.get("retry_agent_affinity", "prefer-warmest"),
        shape=None if machines is None else _shape(machines["instanceShape"]),
        created_at=call.now,
        created_by=call.token.user,
    )
    return queue.id, queue


@_queues.add_update_route(
    routes, "PUT", scope="write_clusters", checks="hostedAgents.instanceShape", alias_methods=("PATCH",)
)
def update_cluster_queue(call: Call, queue: Queue) -> None:
    lookup.managed_cluster(call)
    if "hostedAgents" in call.body:
        _resize(queue, call.body["hostedAgents"])
    if "description" in call.body:
        queue.description = call.body["description"]
    queue.retry_agent_affinity = call.body.get("retry_agent_affinity", queue.retry_agent_affinity)


def _shape(name: str) -> InstanceShape:
    if name not in SHAPES:
        raise validation_failed("Instance shape is not included in the list")
    return SHAPES[name]


def _resize(queue: Queue, machines: dict[str, Any]) -> None:
    """Change the size of the machines of a hosted queue, but not their kind."""
    if queue.shape is None:
        raise validation_failed("Hosted agents cannot be configured for self-hosted queues")
    name = machines.get("instanceShape")
    shape = SHAPES.get(name) if isinstance(name, str) else None
    if shape is None or not queue.shape.resizes_to(shape):
        raise validation_failed(f"Instance shape cannot be changed to {name if isinstance(name, str) else ''}")
    image = machines.get("agentImageRef", queue.agent_image_ref)
    if image != queue.agent_image_ref and shape.machine_type == "macos":
        raise validation_failed("Agent image ref cannot be configured for hosted mac queues")
    queue.shape, queue.agent_image_ref = shape, image


def check_no_agents(organization: Organization, queue: Queue, noun: str) -> None:
    """Raise 422 if agents are connected to a queue that is to be deleted with `noun`."""
    if any(agent.queue is queue and agent.connection_state in _CONNECTED for agent in organization.agents.values()):
        raise UnprocessableError(f"{noun} can't be deleted while agents are connected to it")


def _retire(call: Call, queue: Queue) -> None:
    cluster = lookup.managed_cluster(call)
    check_no_agents(lookup.organization(call), queue, "Cluster queue")
    cluster.retire(queue)


_queues.add_delete_route(routes, scope="write_clusters", before=_retire)


def _managed_queue(call: Call) -> Queue:
    lookup.managed_cluster(call)
    return _queues.find(call)


@routes.route("POST", f"{_queues.item_path}/pause_dispatch", scope="write_clusters")
def pause_cluster_queue_dispatch(call: Call) -> Reply:
    """Pause dispatch. The documentation's table calls the note `note`, which the API ignores."""
    queue = _managed_queue(call)
    if queue.paused:
        raise UnprocessableError("Cluster queue is already paused")
    queue.pause(call.now, call.token.user, call.body.get("dispatch_paused_note"))
    return _queues.respond(call, queue)


@routes.route("POST", f"{_queues.item_path}/resume_dispatch", scope="write_clusters")
def resume_cluster_queue_dispatch(call: Call) -> Reply:
    queue = _managed_queue(call)
    if not queue.paused:
        raise UnprocessableError("Cluster queue is not paused")
    queue.resume(call.now)
    return _queues.respond(call, queue)


#: Key, description, architecture, shape of hosted machines, agent affinity of retries.
SEEDED_QUEUES = (
    ("default", "Whatever needs no special machine", "amd64", None, "prefer-warmest"),
    ("arm", None, "arm64", None, "prefer-different"),
    ("macos", "Apple silicon", "arm64", "MACOS_ARM64_M4_6X28", "prefer-warmest"),
    ("maintenance", "Chores at night", "amd64", None, "prefer-warmest"),
)
SEEDED_HOSTED_QUEUES = (
    ("linux-small", "Two processors", "amd64", "LINUX_AMD64_2X4", "prefer-warmest"),
    ("linux-arm", None, "arm64", "LINUX_ARM64_8X32", "prefer-warmest"),
    ("mac-large", "Twelve cores", "arm64", "MACOS_ARM64_M4_12X56", "prefer-warmest"),
)


def add_queues(
    backend: Backend,
    organization: Organization,
    cluster: Cluster,
    queues: tuple[tuple[str, str | None, str, str | None, str], ...],
) -> None:
    for position, (key, description, arch, shape, affinity) in enumerate(queues):
        queue = Queue(
            id=backend.new_id(Kind.QUEUE),
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
