"""Clusters: queues, agent tokens, secrets and maintainers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from .. import lookup
from ..backend import Backend
from ..clock import iso_seconds
from ..http.call import Call, Reply
from ..http.errors import UnprocessableError, validation_failed
from ..http.query import parse_time
from ..http.routing import routes
from ..ids import digest, graphql_id
from ..lookup import WEB
from ..undo import stored
from ..values import Json, seed_document
from .organizations import Organization
from .resource import Resource, Values, checked_ip_ranges, field, no_values
from .teams import Team
from .users import User, brief_user_json

if TYPE_CHECKING:
    from .hosted_agents import AgentImage, CacheVolume


#: Documented kinds and sizes of hosted machines, by name.
SHAPES: Mapping[str, Json] = {shape["name"]: shape for shape in seed_document("buildkite")["instance_shapes"]}


@stored
class Queue:
    """A queue of a cluster. Queues with a shape are hosted by Buildkite."""

    id: str
    cluster_id: str = field(hidden=True)
    key: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    dispatch_paused: bool = False
    dispatch_paused_at: float | None = None
    dispatch_paused_by: User | None = None
    dispatch_paused_note: str | None = None
    created_at: float
    created_by: User | None = None
    retry_agent_affinity: str = field(default="prefer-warmest", settable=True, hidden=True)
    #: Processor architecture of its agents.
    arch: str = field(default="amd64", hidden=True)
    shape: Json | None = field(default=None, hidden=True)
    agent_image_ref: str | None = field(default=None, hidden=True)
    resumed_at: float | None = field(default=None, hidden=True)
    deleted: bool = field(default=False, hidden=True)

    @property
    def os(self) -> str:
        """Operating system of its agents."""
        return "darwin" if self.shape is not None and self.shape["machine_type"] == "macos" else "linux"


@stored
class AgentToken:
    """A token with which agents connect to a cluster. Its expiry cannot be changed."""

    id: str
    description: str = field(settable=True)
    allowed_ip_addresses: str | None = field(default=None, settable=True)
    expires_at: float | None = field(default=None, render=iso_seconds)
    created_at: float
    created_by: User | None = None

    @property
    def value(self) -> str:
        """The token itself, which is only in the response that creates it."""
        return digest("agent token", self.id, length=24)


def _actor_json(actor: User | Team) -> Json:
    if isinstance(actor, User):
        own: Json = {"graphql_id": graphql_id("User", actor.id), "email": actor.email, "type": "user"}
    else:
        own = {"graphql_id": graphql_id("Team", actor.id), "slug": actor.slug, "type": "team"}
    return {"id": actor.id, "name": actor.name, **own}


@stored
class Maintainer:
    """A user or a team that manages a cluster."""

    id: str
    actor: User | Team = field(render=_actor_json)


@stored
class Cluster:
    """A cluster and what belongs to it."""

    id: str
    name: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    emoji: str | None = field(default=None, settable=True)
    color: str | None = field(default=None, settable=True)
    created_at: float
    created_by: User | None = None
    default_queue: Queue | None = field(default=None, hidden=True)
    hosted_git_mirror_enabled: bool = field(default=False, hidden=True)
    hosted_container_cache_enabled: bool = field(default=False, hidden=True)
    queues: dict[str, Queue] = field(factory=dict[str, Queue], hidden=True)
    members: dict[str, Maintainer] = field(factory=dict[str, Maintainer], hidden=True)
    agent_tokens: dict[str, AgentToken] = field(factory=dict[str, AgentToken], hidden=True)
    secrets: dict[str, Secret] = field(factory=dict[str, "Secret"], hidden=True)
    agent_images: dict[str, AgentImage] = field(factory=dict[str, "AgentImage"], hidden=True)
    #: The volume of each tag that was detached last.
    cache_volumes: dict[str, CacheVolume] = field(factory=dict[str, "CacheVolume"], hidden=True)
    network_ranges: tuple[str, ...] = field(default=(), hidden=True)

    @property
    def hosted(self) -> bool:
        """Whether the cluster has hosted queues."""
        return any(queue.shape is not None for queue in self.queues.values())

    def queue_with_key(self, key: str) -> Queue | None:
        """Find a queue by its key."""
        return next((queue for queue in self.queues.values() if queue.key == key), None)

    def managed_by(self, organization: Organization, user: User) -> bool:
        """Return whether a user is an administrator, a maintainer, or in a team that is a maintainer."""
        actors = [maintainer.actor for maintainer in self.members.values()]
        return organization.administered_by(user) or any(
            actor is user or (isinstance(actor, Team) and user.id in actor.members) for actor in actors
        )


_CACHES = ("hosted_git_mirror_enabled", "hosted_container_cache_enabled")


def _caches(call: Call, cluster: Cluster) -> Json:
    """Return the cache settings, which only users see who may manage the cluster."""
    is_visible = cluster.managed_by(lookup.organization(call), call.token.user)
    return {name: getattr(cluster, name) for name in _CACHES} if is_visible else {}


def _may_write_cluster(call: Call) -> None:
    """Raise 403 unless the user may create clusters, or manage the one in the path."""
    if "cluster_id" in call.params:
        lookup.managed_cluster(call)
    else:
        lookup.administered_organization(call)


def _prepare_cluster(call: Call, values: Values, cluster: Cluster | None) -> None:
    """Check fields. Only clusters with hosted agents have caches."""
    if "name" in values:
        values["name"] = values["name"].strip()
        if not values["name"]:
            raise validation_failed("Name can't be blank")
    if cluster is None:
        bodies = call.body.get("maintainers", ())
        maintainers = [cluster_maintainers.new(call, {"actor": _actor(call, body)}) for body in bodies]
        values["members"] = {maintainer.id: maintainer for maintainer in maintainers}
        return
    if "default_queue_id" in call.body:
        queue_id = call.body["default_queue_id"]
        values["default_queue"] = None if queue_id is None else cluster.queues.get(queue_id.lower())
        if values["default_queue"] is None and queue_id is not None:
            raise validation_failed("Default queue must be a queue of the cluster")
    for name in _CACHES:
        if name in call.body:
            values[name] = call.body[name]
            if not isinstance(values[name], bool):
                raise validation_failed(f"{name} must be true or false")
            if values[name] != getattr(cluster, name) and not cluster.hosted:
                raise validation_failed(f"{name} can only be changed for hosted clusters")


def _delete_queues(call: Call, cluster: Cluster) -> None:
    """Delete the queues of a cluster, unless the cluster is in use."""
    organization = lookup.organization(call)
    if organization.pipeline_settings.default_cluster_id == cluster.id:
        raise UnprocessableError("Cluster can't be deleted while it is the default one for new pipelines")
    if any(pipeline.cluster_id == cluster.id for pipeline in organization.pipelines.values()):
        raise UnprocessableError("Cluster can't be deleted while pipelines belong to it")
    for queue in cluster.queues.values():
        _retire(call, queue)


def _default_queue_url(call: Call, cluster: Cluster) -> str | None:
    queue = cluster.default_queue
    return None if queue is None else f"{clusters.url(call, cluster)}/queues/{queue.id}"


def _maintainers(call: Call, cluster: Cluster) -> Json:
    """Return the users and the teams that manage a cluster."""

    def managing(kind: type) -> list[Json]:
        return [cluster_maintainers.json(call, one) for one in cluster.members.values() if isinstance(one.actor, kind)]

    return {"users": managing(User), "teams": managing(Team)}


clusters = Resource(
    type=Cluster,
    computed={
        "maintainers": _maintainers,
        "default_queue_id": lambda _, item: item.default_queue and item.default_queue.id,
        "default_queue_url": _default_queue_url,
        "queues_url": lambda call, item: f"{WEB}/organizations/{call.params['org']}/clusters/{item.id}/queues",
    },
    path="/v2/organizations/{org}/clusters",
    key="cluster_id",
    web_path="/organizations/{org}/clusters/{cluster_id}",
    objects=lambda call: lookup.organization(call).clusters,
    scope="clusters",
    update_methods=("PUT", "PATCH"),
    checks=_CACHES,
    may_write=_may_write_cluster,
    prepare=_prepare_cluster,
    before_delete=_delete_queues,
    extra=_caches,
    extra_of_new=no_values,
)
CLUSTER_URL: dict[str, Callable[[Call, Any], object]] = {
    "cluster_url": lambda call, _: clusters.url(call, lookup.cluster(call))
}


def _actor(call: Call, body: Mapping[str, Any]) -> User | Team:
    """Return the user or team of the organization that a body names, or raise 422."""
    organization = lookup.organization(call)
    kind = "user" if "user" in body else "team"
    actors = organization.members if kind == "user" else organization.teams
    actor = actors.get(body.get(kind, "").lower())
    if actor is None:
        raise validation_failed(f"{kind.capitalize()} must belong to the organization")
    return actor


cluster_maintainers = Resource(
    scope="clusters",
    type=Maintainer,
    noun="cluster maintainer",
    name="ClusterPermission",
    path=f"{clusters.item_path}/maintainers",
    key="maintainer_id",
    has_graphql_id=False,
    has_url=False,
    objects=lambda call: lookup.cluster(call).members,
    operations=("list", "get", "create", "delete"),
    may_write=lookup.administered_organization,
    prepare=lambda call, values, _: values.update(actor=_actor(call, call.body)),
)


def _hosted_agents(_: Call, queue: Queue) -> Json:
    """Return the machines of a hosted queue, or else the agent affinity of retries."""
    shape = queue.shape
    if shape is None:
        return {"retry_agent_affinity": queue.retry_agent_affinity}
    settings = {"linux": {"agent_image_ref": queue.agent_image_ref}} if queue.os == "linux" else {}
    return {"hosted": True, "hosted_agents": {"instance_shape": shape, "platform_settings": settings}}


def _prepare_queue(call: Call, values: Values, queue: Queue | None) -> None:
    """Check fields. The key cannot be changed, and the image of a new queue is always the default one."""
    cluster, machines = lookup.cluster(call), call.body.get("hostedAgents")
    if queue is not None:
        values.pop("key", None)
        if "hostedAgents" in call.body:
            values |= _resized(queue, call.body["hostedAgents"])
        return
    if cluster.queue_with_key(values["key"]) is not None:
        raise validation_failed("Key has already been taken")
    values["cluster_id"] = cluster.id
    if machines is not None:
        if machines["instanceShape"] not in SHAPES:
            raise validation_failed("Instance shape is not included in the list")
        values["shape"] = SHAPES[machines["instanceShape"]]
        values["arch"] = values["shape"]["architecture"]


def _resized(queue: Queue, machines: dict[str, Any]) -> Values:
    """Return the new size of the machines of a hosted queue, whose kind cannot be changed."""
    if queue.shape is None:
        raise validation_failed("Hosted agents cannot be configured for self-hosted queues")
    name = str(machines.get("instanceShape", ""))
    shape = SHAPES.get(name)
    if shape is None or any(shape[name] != queue.shape[name] for name in ("machine_type", "architecture")):
        raise validation_failed(f"Instance shape cannot be changed to {name}")
    image = machines.get("agentImageRef", queue.agent_image_ref)
    if image != queue.agent_image_ref and queue.os == "darwin":
        raise validation_failed("Agent image ref cannot be configured for hosted mac queues")
    return {"shape": shape, "agent_image_ref": image}


def _retire(call: Call, queue: Queue) -> None:
    """Stop dispatch to a deleted queue, and unset it as the default queue."""
    cluster, connected = lookup.cluster(call), {"connected", "stopping"}
    agents = lookup.organization(call).agents.values()
    if any(agent.queue is queue and agent.connection_state in connected for agent in agents):
        raise UnprocessableError("Cluster queue can't be deleted while agents are connected to it")
    queue.deleted = True
    if cluster.default_queue is queue:
        cluster.default_queue = None


queues = Resource(
    scope="clusters",
    may_write=lookup.managed_cluster,
    type=Queue,
    computed=CLUSTER_URL,
    noun="queue",
    path=f"{clusters.item_path}/queues",
    key="queue_id",
    name="ClusterQueue",
    web_path="/organizations/{org}/clusters/{cluster_id}/queues/{queue_id}",
    objects=lambda call: lookup.cluster(call).queues,
    update_methods=("PUT", "PATCH"),
    checks=("hostedAgents.instanceShape",),
    prepare=_prepare_queue,
    before_delete=_retire,
    extra=_hosted_agents,
)


@routes.route("POST", f"{queues.item_path}/pause_dispatch", scope="write_clusters", event=queues.event("update"))
def pause_cluster_queue_dispatch(call: Call) -> Reply:
    """Pause dispatch. The documentation's table calls the note `note`, which the API ignores."""
    lookup.managed_cluster(call)
    queue = queues.find(call)
    if queue.dispatch_paused:
        raise UnprocessableError("Cluster queue is already paused")
    queue.dispatch_paused, queue.dispatch_paused_at, queue.dispatch_paused_by = True, call.now, call.token.user
    queue.dispatch_paused_note = call.body.get("dispatch_paused_note")
    return queues.respond(call, queue)


@routes.route("POST", f"{queues.item_path}/resume_dispatch", scope="write_clusters", event=queues.event("update"))
def resume_cluster_queue_dispatch(call: Call) -> Reply:
    lookup.managed_cluster(call)
    queue = queues.find(call)
    if not queue.dispatch_paused:
        raise UnprocessableError("Cluster queue is not paused")
    queue.dispatch_paused_at = queue.dispatch_paused_by = queue.dispatch_paused_note = None
    queue.dispatch_paused, queue.resumed_at = False, call.now
    return queues.respond(call, queue)


_SHORTEST_LIFE = 600
_MOST_RANGES = 24


def _prepare_token(call: Call, values: Values, token: AgentToken | None) -> None:
    if token is None and call.body.get("expires_at") is not None:
        moment = parse_time(call.body["expires_at"])
        if moment is None or moment.timestamp() < call.now + _SHORTEST_LIFE:
            raise validation_failed("Expires at must be at least 10 minutes from now")
        values["expires_at"] = int(moment.timestamp())
    if len(checked_ip_ranges(values.get("allowed_ip_addresses"), IPv4Network)) > _MOST_RANGES:
        raise validation_failed(f"Allowed IP addresses can't be more than {_MOST_RANGES} ranges")


agent_tokens = Resource(
    scope="clusters",
    may_write=lookup.managed_cluster,
    type=AgentToken,
    computed=CLUSTER_URL,
    noun="agent token",
    path=f"{clusters.item_path}/tokens",
    key="token_id",
    name="ClusterToken",
    objects=lambda call: lookup.cluster(call).agent_tokens,
    update_methods=("PUT", "PATCH"),
    prepare=_prepare_token,
    extra_of_new=lambda _, token: {"token": token.value},
)


#: Values of secrets must have fewer bytes.
_TOO_LARGE = 8 << 10


@stored
class Secret:
    """A secret. Its value is written and never read."""

    id: str
    key: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    policy: str | None = field(default=None, settable=True)
    created_at: float
    created_by: User = field(render=brief_user_json)
    updated_at: float
    updated_by: User | None = field(default=None, render=brief_user_json)
    last_read_at: float | None = None


def _prepare_secret(call: Call, values: Values, secret: Secret | None) -> None:
    """Check fields. Only the description and the policy of a secret can be updated."""
    if secret is not None:
        if "key" in values:
            raise UnprocessableError("The key parameter cannot be updated.")
        if "value" in call.body:
            raise UnprocessableError("The value parameter cannot be updated on this endpoint.")
    else:
        if any(each.key == values["key"] for each in lookup.cluster(call).secrets.values()):
            raise validation_failed("Key has already been taken")
        if "value" in call.body:
            _check_value(call.body["value"])
        values["updated_by"] = None


def _check_value(value: str) -> None:
    if not value.strip():
        raise validation_failed("Value can't be blank")
    if len(value.encode()) >= _TOO_LARGE:
        raise validation_failed("Value must be less than 8 kilobytes")


secrets = Resource(
    may_write=lookup.managed_cluster,
    type=Secret,
    computed={**CLUSTER_URL, "organization": lambda call, _: lookup.organization_reference_json(call)},
    path=f"{clusters.item_path}/secrets",
    key="secret_id",
    objects=lambda call: lookup.cluster(call).secrets,
    scope="secrets",
    update_methods=("PUT",),
    read="read_secrets_details",
    prepare=_prepare_secret,
)


@routes.route("PUT", f"{secrets.item_path}/value", scope="write_secrets", event=("SecretValueUpdatedEvent", "Secret"))
def update_cluster_secret_value(call: Call) -> Reply:
    lookup.managed_cluster(call)
    secret = secrets.find(call)
    _check_value(call.body["value"])
    secret.updated_at, secret.updated_by = call.now, call.token.user
    return secrets.respond(call, secret)


def add_default_cluster(backend: Backend, organization: Organization) -> None:
    """Add a cluster with one queue, `default`."""
    now = organization.created_at
    cluster = Cluster(id=clusters.new_id(backend), name="Default cluster", created_at=now)
    queue = Queue(id=queues.new_id(backend), cluster_id=cluster.id, key="default", created_at=now)
    cluster.queues[queue.id] = cluster.default_queue = queue
    organization.clusters[cluster.id] = cluster
