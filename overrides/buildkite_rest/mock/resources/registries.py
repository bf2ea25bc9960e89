"""Package registries. All operations succeed with 200, and there is no 422."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import BadRequestError
from ..ids import Kind
from ..render.registries import registry as render
from ..world.accounts import Organization
from ..world.oidc_policy import policy_text
from ..world.pipeline_edits import derived_slug
from ..world.registries import Registry
from . import lookup

routes = Routes()
registries = Collection(
    noun="registry",
    path="/v2/packages/organizations/{org}/registries",
    key="registry",
    shelf=lambda call: lookup.organization(call).registries,
    render=lambda call, registry: render(lookup.view(call), registry),
)
registries.lists(routes, scope="read_registries", paging="none")
registries.reads(routes, scope="read_registries")
registries.deletes(routes, scope="delete_registries", status=200)


@registries.creates(routes, scope="write_registries", status=200)
def create_registry(call: Call) -> tuple[str, Registry]:
    """Create a registry, whose slug comes from its name."""
    organization, body = lookup.organization(call), call.body
    slug, policy = _slug(organization, body["name"], None), policy_text(body.get("oidc_policy"))
    teams = lookup.named_teams(call)
    return slug, Registry(
        id=call.world.new_id(Kind.REGISTRY),
        organization=organization,
        slug=slug,
        name=body["name"],
        ecosystem=body["ecosystem"],
        description=body.get("description"),
        emoji=body.get("emoji"),
        color=body.get("color"),
        oidc_policy=policy,
        team_ids=tuple(team.id for team in teams),
    )


@registries.updates(routes, "POST", scope="write_registries", alias_methods=("PATCH", "PUT"))
def update_registry(call: Call, registry: Registry) -> None:
    """Change what the body names. A new name changes the slug and so the address."""
    body, shelf = call.body, registry.organization.registries
    slug = _slug(registry.organization, body["name"], registry) if "name" in body else registry.slug
    if "oidc_policy" in body:
        registry.oidc_policy = policy_text(body["oidc_policy"])
    for name in ("name", "description", "emoji", "color"):
        if name in body:
            setattr(registry, name, body[name])
    del shelf[registry.slug]
    registry.slug = slug
    shelf[slug] = registry


def _slug(organization: Organization, name: str, owner: Registry | None) -> str:
    slug = derived_slug(name)
    if not slug:
        raise BadRequestError("name must have a letter or a digit")
    if organization.registries.get(slug) not in (None, owner):
        raise BadRequestError(f"There is a registry {slug} already")
    return slug
