"""Queues of clusters: a state machine of dispatching and paused ones."""

from __future__ import annotations

from typing import Any

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.reply import Reply
from ..engine.routes import Routes
from ..errors import UnprocessableError, validation_failed
from ..ids import Kind
from ..render.cluster_queues import cluster_queue
from ..world.accounts import Organization
from ..world.queues import SHAPES, InstanceShape, Queue
from . import lookup

routes = Routes()
_queues = Collection(
    noun="queue",
    path="/v2/organizations/{org}/clusters/{cluster_id}/queues",
    key="queue_id",
    shelf=lambda call: lookup.cluster(call).queues,
    render=lambda call, queue: cluster_queue(lookup.view(call), lookup.organization(call), lookup.cluster(call), queue),
)
_CONNECTED = frozenset({"connected", "stopping"})
_queues.lists(routes, scope="read_clusters")
_queues.reads(routes, scope="read_clusters")


@_queues.creates(routes, scope="write_clusters")
def create_cluster_queue(call: Call) -> tuple[str, Queue]:
    """Create a queue, hosted if there is a shape. It starts with the default image, whatever the body says."""
    cluster, key = lookup.managed_cluster(call), call.body["key"]
    if cluster.queue_with_key(key) is not None:
        raise validation_failed("Key has already been taken")
    machines = call.body.get("hostedAgents")
    queue = Queue(
        id=call.world.new_id(Kind.QUEUE),
        cluster_id=cluster.id,
        key=key,
        description=call.body.get("description"),
        retry_agent_affinity=call.body.get("retry_agent_affinity", "prefer-warmest"),
        shape=None if machines is None else _shape(machines["instanceShape"]),
        created_at=call.now,
        created_by=call.token.user,
    )
    return queue.id, queue


@_queues.updates(routes, "PUT", scope="write_clusters", checks="hostedAgents.instanceShape", alias_methods=("PATCH",))
def update_cluster_queue(call: Call, queue: Queue) -> None:
    """Change what the body names."""
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
    """Change the machines of a hosted queue. Their kind stays."""
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


def refuse_if_connected(organization: Organization, queue: Queue, noun: str) -> None:
    """Refuse to delete a queue, or the cluster that it belongs to, while agents are connected to it."""
    if any(agent.queue is queue and agent.connection_state in _CONNECTED for agent in organization.agents.values()):
        raise UnprocessableError(f"{noun} can't be deleted while agents are connected to it")


def _remove(call: Call, queue: Queue) -> None:
    cluster = lookup.managed_cluster(call)
    refuse_if_connected(lookup.organization(call), queue, "Cluster queue")
    cluster.retire(queue)


_queues.deletes(routes, scope="write_clusters", before=_remove)


def _managed(call: Call) -> Queue:
    lookup.managed_cluster(call)
    return _queues.find(call)


@routes.route("POST", f"{_queues.item_path}/pause_dispatch", scope="write_clusters")
def pause_cluster_queue_dispatch(call: Call) -> Reply:
    """Send no further jobs to the agents of a queue. The table calls the note `note`, and the API ignores that."""
    queue = _managed(call)
    if queue.paused:
        raise UnprocessableError("Cluster queue is already paused")
    queue.pause(call.now, call.token.user, call.body.get("dispatch_paused_note"))
    return _queues.answer(call, queue)


@routes.route("POST", f"{_queues.item_path}/resume_dispatch", scope="write_clusters")
def resume_cluster_queue_dispatch(call: Call) -> Reply:
    """Send jobs to the agents of a paused queue again."""
    queue = _managed(call)
    if not queue.paused:
        raise UnprocessableError("Cluster queue is not paused")
    queue.resume(call.now)
    return _queues.answer(call, queue)
