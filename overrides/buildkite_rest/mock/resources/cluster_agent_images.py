"""Agent images of clusters with hosted agents."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import ConflictError, NotFoundError, UnprocessableError
from ..ids import Kind, digest
from ..render.hosted import agent_image
from ..world.hosted import AgentImage, has_from, image_registry
from . import lookup

routes = Routes()


def _shelf(call: Call) -> dict[str, AgentImage]:
    """Return the images of a cluster. Without hosted agents it has none, and not every plan knows of images."""
    if not lookup.organization(call).enterprise:
        raise NotFoundError("Agent images are not available for this organization")
    cluster = lookup.managed_cluster(call)
    return cluster.agent_images if cluster.hosted else {}


_images = Collection(
    noun="agent image",
    path="/v2/organizations/{org}/clusters/{cluster_id}/agent-images",
    key="image_id",
    shelf=_shelf,
    render=lambda call, image: agent_image(
        lookup.view(call), lookup.organization(call), lookup.cluster(call), image, call.now
    ),
    missing="No agent image found with the given ID.",
)
_images.lists(
    routes,
    scope="read_clusters",
    paging="none",
    select=lambda _, images: sorted(images, key=lambda image: image.name),
)
_images.reads(routes, scope="read_clusters")


@_images.creates(routes, scope="write_clusters")
def create_cluster_agent_image(call: Call) -> tuple[str, AgentImage]:
    """Start to build an image, which takes as long as a build."""
    cluster, name = lookup.cluster(call), call.body["name"].strip()
    if not cluster.hosted:
        raise UnprocessableError("Agent images are only available for hosted clusters")
    if not name:
        raise UnprocessableError("name can't be blank")
    if has_from(call.body["dockerfile"]):
        raise UnprocessableError("dockerfile must not contain a FROM instruction")
    if any(image.name == name for image in cluster.agent_images.values()):
        raise ConflictError(f'an agent image named "{name}" already exists in this cluster')
    identifier = digest("agent image", call.world.new_id(Kind.AGENT_IMAGE), length=13)
    return identifier, AgentImage(
        id=identifier,
        name=name,
        dockerfile=call.body["dockerfile"],
        built_at=call.now + call.world.build_seconds,
        registry=image_registry(lookup.organization(call)),
    )


def _refuse_if_used(call: Call, image: AgentImage) -> None:
    """Refuse to delete an image that queues run on."""
    if any(queue.agent_image_ref == image.ref for queue in lookup.cluster(call).queues.values()):
        raise ConflictError(
            "this agent image is in use by one or more queues; reassign those queues before deleting it"
        )


_images.deletes(routes, scope="write_clusters", before=_refuse_if_used)
