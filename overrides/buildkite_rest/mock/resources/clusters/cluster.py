"""Clusters and their maintainers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ... import lookup
from ...backend import DAY, Backend
from ...clock import iso
from ...http.call import Call
from ...http.collection import Collection
from ...http.errors import UnprocessableError, validation_failed
from ...http.routing import Routes
from ...ids import Kind, graphql_id
from ...rendering import RenderContext, cluster_web_url
from ...undo import stored
from ...values import Json
from ..organizations import Organization
from ..teams import Team
from ..users import User, user_json_or_none
from .agent_tokens import AgentToken
from .hosted_agents import AgentImage, CacheVolume, NetworkRange, add_hosted
from .queues import SEEDED_HOSTED_QUEUES, SEEDED_QUEUES, Queue, add_queues, check_no_agents
from .secrets import Secret


@attrs.frozen(kw_only=True, eq=False)
class Maintainer:
    """A user or a team that manages a cluster."""

    id: str
    actor: User | Team

    def belongs_to(self, organization: Organization) -> bool:
        """Return whether the user or team still belongs to the organization."""
        return self.actor in organization.members or self.actor in organization.teams.values()


@stored
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
        """Whether the cluster has hosted queues."""
        return any(queue.hosted for queue in self.queues.values())

    def queue_with_key(self, key: str) -> Queue | None:
        """Find a queue by its key."""
        return next((queue for queue in self.queues.values() if queue.key == key), None)

    def maintainers_in(self, organization: Organization) -> dict[str, Maintainer]:
        """Return the maintainers by id, after removing those that have left the organization."""
        for former in [one for one in self.maintainers.values() if not one.belongs_to(organization)]:
            del self.maintainers[former.id]
        return self.maintainers

    def managed_by(self, organization: Organization, user: User) -> bool:
        """Return whether a user is an administrator, a maintainer, or in a team that is a maintainer."""
        actors = [maintainer.actor for maintainer in self.maintainers_in(organization).values()]
        return organization.administered_by(user) or any(
            actor is user or (isinstance(actor, Team) and user.id in actor.members) for actor in actors
        )

    def listed_cache_volumes(self) -> list[CacheVolume]:
        """Return the volume of each tag that was detached last."""
        latest: dict[str, CacheVolume] = {}
        detached = [volume for volume in self.cache_volumes if volume.detached_at is not None]
        for volume in sorted(detached, key=lambda volume: volume.detached_at or 0):
            latest[volume.tag] = volume
        return list(latest.values())

    def retire(self, queue: Queue) -> None:
        """Stop dispatch to a deleted queue, and unset it as the default queue."""
        queue.deleted = True
        if self.default_queue is queue:
            self.default_queue = None


def cluster_json(context: RenderContext, organization: Organization, cluster: Cluster, *, with_caches: bool) -> Json:
    """Return a cluster as JSON. Cache settings are only shown to users who may manage it."""
    url, page = context.cluster_url(organization, cluster), cluster_web_url(organization, cluster)
    maintainers = [maintainer_json(one) for one in cluster.maintainers_in(organization).values()]
    body: Json = {
        "id": cluster.id,
        "graphql_id": graphql_id("Cluster", cluster.id),
        "default_queue_id": None if cluster.default_queue is None else cluster.default_queue.id,
        "name": cluster.name,
        "description": cluster.description,
        "emoji": cluster.emoji,
        "color": cluster.color,
        "maintainers": {
            "users": [one for one in maintainers if one["actor"]["type"] == "user"],
            "teams": [one for one in maintainers if one["actor"]["type"] == "team"],
        },
        "url": url,
        "web_url": page,
        "default_queue_url": None if cluster.default_queue is None else f"{url}/queues/{cluster.default_queue.id}",
        "queues_url": f"{page}/queues",
        "created_at": iso(cluster.created_at),
        "created_by": user_json_or_none(cluster.created_by),
    }
    if with_caches:
        body["hosted_git_mirror_enabled"] = cluster.hosted_git_mirror_enabled
        body["hosted_container_cache_enabled"] = cluster.hosted_container_cache_enabled
    return body


def maintainer_json(maintainer: Maintainer) -> Json:
    return {"id": maintainer.id, "actor": _actor_json(maintainer.actor)}


def _actor_json(actor: User | Team) -> Json:
    if isinstance(actor, User):
        own: Json = {"graphql_id": graphql_id("User", actor.id), "email": actor.email, "type": "user"}
    else:
        own = {"graphql_id": graphql_id("Team", actor.id), "slug": actor.slug, "type": "team"}
    return {"id": actor.id, "name": actor.name, **own}


routes = Routes()
_maintainers = Collection(
    noun="cluster maintainer",
    path="/v2/organizations/{org}/clusters/{cluster_id}/maintainers",
    key="maintainer_id",
    objects=lambda call: lookup.cluster(call).maintainers_in(lookup.organization(call)),
    render=lambda _, maintainer: maintainer_json(maintainer),
)


_maintainers.add_list_route(routes, scope="read_clusters")
_maintainers.add_read_route(routes, scope="read_clusters")
_maintainers.add_delete_route(
    routes, scope="write_clusters", before=lambda call, _: lookup.administered_organization(call)
)


@_maintainers.add_create_route(routes, scope="write_clusters")
def create_cluster_maintainer(call: Call) -> tuple[str, Maintainer]:
    """Make a user or a team a maintainer. Only administrators may."""
    lookup.administered_organization(call)
    maintainer = new_maintainer(call, lookup.cluster(call), call.body)
    return maintainer.id, maintainer


def new_maintainer(call: Call, cluster: Cluster, body: Mapping[str, Any]) -> Maintainer:
    """Create a maintainer from a body that names a user or a team of the organization, or raise 422."""
    organization = lookup.organization(call)
    actors: dict[str, list[User | Team]] = {"user": [*organization.members], "team": [*organization.teams.values()]}
    kind = next((kind for kind in actors if kind in body), None)
    if kind is None:
        raise validation_failed("User or team must be given")
    title, named = kind.capitalize(), body[kind].lower()
    actor = next((actor for actor in actors[kind] if actor.id == named), None)
    if actor is None:
        raise validation_failed(f"{title} must belong to the organization")
    if any(one.actor is actor for one in cluster.maintainers.values()):
        raise validation_failed(f"{title} already maintains the cluster")
    return Maintainer(id=call.backend.new_id(Kind.CLUSTER_MAINTAINER), actor=actor)


_clusters = Collection(
    noun="cluster",
    path="/v2/organizations/{org}/clusters",
    key="cluster_id",
    objects=lambda call: lookup.organization(call).clusters,
    render=lambda call, cluster: _rendered(
        call, cluster, with_caches=cluster.managed_by(lookup.organization(call), call.token.user)
    ),
)
_CACHES = {"hosted_git_mirror_enabled": "Hosted git mirror", "hosted_container_cache_enabled": "Hosted container cache"}


def _rendered(call: Call, cluster: Cluster, *, with_caches: bool) -> object:
    return cluster_json(lookup.render_context(call), lookup.organization(call), cluster, with_caches=with_caches)


_clusters.add_list_route(routes, scope="read_clusters")
_clusters.add_read_route(routes, scope="read_clusters")


@_clusters.add_create_route(
    routes, scope="write_clusters", render=lambda call, cluster: _rendered(call, cluster, with_caches=False)
)
def create_cluster(call: Call) -> tuple[str, Cluster]:
    """Create a cluster without queues. Only administrators may."""
    lookup.administered_organization(call)
    cluster = Cluster(
        id=call.backend.new_id(Kind.CLUSTER),
        name=_checked_name(call.body),
        description=call.body.get("description"),
        emoji=call.body.get("emoji"),
        color=call.body.get("color"),
        created_at=call.now,
        created_by=call.token.user,
    )
    for body in call.body.get("maintainers", ()):
        maintainer = new_maintainer(call, cluster, body)
        cluster.maintainers[maintainer.id] = maintainer
    return cluster.id, cluster


@_clusters.add_update_route(routes, "PUT", scope="write_clusters", checks=tuple(_CACHES), alias_methods=("PATCH",))
def update_cluster(call: Call, cluster: Cluster) -> None:
    """Update the fields that the body names. Only clusters with hosted agents have caches."""
    lookup.managed_cluster(call)
    name = _checked_name(call.body) if "name" in call.body else cluster.name
    default_queue = cluster.default_queue
    if "default_queue_id" in call.body:
        queue_id = call.body["default_queue_id"]
        default_queue = None if queue_id is None else cluster.queues.get(queue_id.lower())
        if default_queue is None and queue_id is not None:
            raise validation_failed("Default queue must be a queue of the cluster")
    for field, title in _CACHES.items():
        if not isinstance(call.body.get(field, False), bool):
            raise validation_failed(f"{title} must be true or false")
        if call.body.get(field, getattr(cluster, field)) != getattr(cluster, field) and not cluster.hosted:
            raise validation_failed(f"{title} can only be changed for hosted clusters")
    cluster.name, cluster.default_queue = name, default_queue
    call.apply_body(cluster, "description", "emoji", "color", *_CACHES)


def _checked_name(body: Mapping[str, Any]) -> str:
    name: str = body["name"].strip()
    if not name:
        raise validation_failed("Name can't be blank")
    return name


def _delete_queues(call: Call, cluster: Cluster) -> None:
    """Delete the queues of a cluster, unless the cluster is in use."""
    organization = lookup.organization(call)
    lookup.managed_cluster(call)
    if organization.pipeline_settings.default_cluster_id == cluster.id:
        raise UnprocessableError("Cluster can't be deleted while it is the default one for new pipelines")
    if any(pipeline.cluster_id == cluster.id for pipeline in organization.pipelines.values()):
        raise UnprocessableError("Cluster can't be deleted while pipelines belong to it")
    for queue in cluster.queues.values():
        check_no_agents(organization, queue, "Cluster")
    for queue in cluster.queues.values():
        cluster.retire(queue)


_clusters.add_delete_route(routes, scope="write_clusters", before=_delete_queues)


def add_clusters(backend: Backend) -> None:
    for organization in backend.organizations.values():
        main = _add_cluster(
            backend, organization, "Default cluster", description="Where most pipelines run", emoji=":house:"
        )
        add_queues(backend, organization, main, SEEDED_QUEUES)
        queue = main.queue_with_key("maintenance")
        if queue is not None:
            queue.pause(backend.epoch - DAY, organization.members[1], "Waiting for spare parts")
        hosted = _add_cluster(backend, organization, "Hosted", color="#8DD3C7", hosted_git_mirror_enabled=True)
        add_queues(backend, organization, hosted, SEEDED_HOSTED_QUEUES)
        add_hosted(backend, organization, hosted)
        _add_cluster(backend, organization, "Experiments")


def add_default_cluster(backend: Backend, organization: Organization) -> None:
    """Add a cluster with one queue, `default`."""
    cluster = _add_cluster(backend, organization, "Default cluster")
    add_queues(backend, organization, cluster, SEEDED_QUEUES[:1])


def _add_cluster(
    backend: Backend,
    organization: Organization,
    name: str,
    *,
    description: str | None = None,
    emoji: str | None = None,
    color: str | None = None,
    hosted_git_mirror_enabled: bool = False,
) -> Cluster:
    number = backend.new_number(Kind.CLUSTER)
    cluster = Cluster(
        id=backend.ids.make(Kind.CLUSTER, number),
        name=name,
        description=description,
        emoji=emoji,
        color=color,
        hosted_git_mirror_enabled=hosted_git_mirror_enabled,
        created_at=backend.epoch - 300 * DAY + DAY * number,
        created_by=organization.members[0] if description else None,
    )
    organization.clusters[cluster.id] = cluster
    return cluster


def add_maintainers(backend: Backend) -> None:
    """Add users and a team as maintainers of two clusters of each organization."""
    for organization in backend.organizations.values():
        first, second, *_ = organization.clusters.values()
        actors: list[User | Team] = [*organization.members[:2], *list(organization.teams.values())[1:2]]
        for actor in actors:
            _add_maintainer(backend, first, actor)
        _add_maintainer(backend, second, organization.members[1])


def _add_maintainer(backend: Backend, cluster: Cluster, actor: User | Team) -> None:
    maintainer = Maintainer(id=backend.new_id(Kind.CLUSTER_MAINTAINER), actor=actor)
    cluster.maintainers[maintainer.id] = maintainer
