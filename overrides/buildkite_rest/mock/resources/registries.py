"""Package registries and their tokens. All operations succeed with 200, and none documents a 422."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call
from ..http.collection import Collection
from ..http.errors import BadRequestError
from ..http.routing import Routes
from ..ids import Kind, digest, graphql_id
from ..rendering import WEB, RenderContext
from ..undo import stored
from ..values import Json, derived_slug, replace_key
from .oidc_policies import policy_text
from .users import User, user_json

if TYPE_CHECKING:
    from .organizations import Organization
    from .packages import Package


@stored
class Registry:
    """A package registry of one ecosystem."""

    id: str
    organization: Organization
    slug: str
    name: str
    ecosystem: str
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    oidc_policy: str | None = None
    team_ids: tuple[str, ...] = ()
    tokens: dict[str, RegistryToken] = attrs.field(factory=dict[str, "RegistryToken"])
    #: Oldest first.
    packages: dict[str, Package] = attrs.field(factory=dict[str, "Package"])


@stored
class RegistryToken:
    """A token for reading the packages of a registry."""

    id: str
    registry: Registry
    description: str
    created_at: float
    created_by: User


def registry_url(context: RenderContext, registry: Registry) -> str:
    """Return the URL of a registry in the API."""
    return f"{context.base_url}/v2/packages/organizations/{registry.organization.slug}/registries/{registry.slug}"


def registry_web_url(registry: Registry) -> str:
    """Return the URL of a registry's page."""
    return f"{WEB}/organizations/{registry.organization.slug}/packages/registries/{registry.slug}"


def registry_json(context: RenderContext, registry: Registry) -> Json:
    return {
        **registry_reference_json(context, registry),
        "name": registry.name,
        "ecosystem": registry.ecosystem,
        "description": registry.description,
        "emoji": registry.emoji,
        "color": registry.color,
        "public": False,
        "oidc_policy": registry.oidc_policy,
        "team_ids": [team_id for team_id in registry.team_ids if team_id in registry.organization.teams],
    }


def registry_reference_json(context: RenderContext, registry: Registry) -> Json:
    """Return the reference to a registry in its packages and tokens."""
    return {
        "id": registry.id,
        "graphql_id": graphql_id("Registry", registry.id),
        "slug": registry.slug,
        "url": registry_url(context, registry),
        "web_url": registry_web_url(registry),
    }


def organization_reference_json(context: RenderContext, organization: Organization) -> Json:
    """Return the reference to an organization in packages and tokens."""
    url = context.organization_url(organization)
    return {"id": organization.id, "slug": organization.slug, "url": url, "web_url": f"{WEB}/{organization.slug}"}


def registry_token_json(context: RenderContext, token: RegistryToken) -> Json:
    """Return a token as JSON, without its value."""
    return {
        "id": token.id,
        "graphql_id": graphql_id("RegistryToken", token.id),
        "description": token.description,
        "url": f"{registry_url(context, token.registry)}/tokens/{token.id}",
        "created_at": iso(token.created_at),
        "created_by": user_json(token.created_by),
        "organization": organization_reference_json(context, token.registry.organization),
        "registry": registry_reference_json(context, token.registry),
    }


routes = Routes()
registries = Collection(
    noun="registry",
    path="/v2/packages/organizations/{org}/registries",
    key="registry",
    objects=lambda call: lookup.organization(call).registries,
    render=lambda call, registry: registry_json(lookup.render_context(call), registry),
)
registries.add_list_route(routes, scope="read_registries", paging="none")
registries.add_read_route(routes, scope="read_registries")
registries.add_delete_route(routes, scope="delete_registries", status=200)


@registries.add_create_route(routes, scope="write_registries", status=200)
def create_registry(call: Call) -> tuple[str, Registry]:
    """Create a registry. Its slug is derived from its name."""
    organization, body = lookup.organization(call), call.body
    slug, policy = _checked_slug(organization, body["name"], None), policy_text(body.get("oidc_policy"))
    teams = lookup.named_teams(call)
    return slug, Registry(
        id=call.backend.new_id(Kind.REGISTRY),
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


@registries.add_update_route(routes, "POST", scope="write_registries", alias_methods=("PATCH", "PUT"))
def update_registry(call: Call, registry: Registry) -> None:
    """Update the fields that the body names. A new name changes the slug and so the URL."""
    body, objects = call.body, registry.organization.registries
    slug = _checked_slug(registry.organization, body["name"], registry) if "name" in body else registry.slug
    if "oidc_policy" in body:
        registry.oidc_policy = policy_text(body["oidc_policy"])
    call.apply_body(registry, "name", "description", "emoji", "color")
    replace_key(objects, registry.slug, slug)
    registry.slug = slug


def _checked_slug(organization: Organization, name: str, registry: Registry | None) -> str:
    slug = derived_slug(name)
    if not slug:
        raise BadRequestError("name must have a letter or a digit")
    if organization.registries.get(slug) not in (None, registry):
        raise BadRequestError(f"A registry {slug} already exists")
    return slug


_tokens = Collection(
    noun="token",
    path=f"{registries.item_path}/tokens",
    key="token_id",
    objects=lambda call: registries.find(call).tokens,
    render=lambda call, token: registry_token_json(lookup.render_context(call), token),
)
_tokens.add_list_route(routes, scope="read_registries", paging="none")
_tokens.add_read_route(routes, scope="read_registries")
_tokens.add_delete_route(routes, scope="write_registries", status=200)


def _token_json_with_value(call: Call, token: RegistryToken) -> Json:
    value = f"bkpr_{digest('registry', call.backend.seed, token.id)}"
    return {**registry_token_json(lookup.render_context(call), token), "token": value}


@_tokens.add_create_route(routes, scope="write_registries", status=200, render=_token_json_with_value)
def create_registry_token(call: Call) -> tuple[str, RegistryToken]:
    """Create a token. Only this response contains its value."""
    token_id = call.backend.new_id(Kind.REGISTRY_TOKEN)
    return token_id, RegistryToken(
        id=token_id,
        registry=registries.find(call),
        description=call.body["description"],
        created_at=call.now,
        created_by=call.token.user,
    )


@_tokens.add_update_route(routes, "POST", scope="write_registries")
def update_registry_token(call: Call, token: RegistryToken) -> None:
    token.description = call.body["description"]


_SEEDED_POLICY = """\
- iss: https://agent.buildkite.com
  scopes:
    - read_packages
    - write_packages
  claims:
    organization_slug: acme
    build_branch:
      matches: [main, release/*]
"""
#: Name, ecosystem, description, policy, descriptions of tokens.
_SEEDED_REGISTRIES = (
    ("Gems", "ruby", "Gems under way", _SEEDED_POLICY, ("Servers of the shop", "Laptops", "Mirror")),
    ("Gems Stable", "ruby", None, None, ()),
    ("Debs", "debian", "What the servers run", None, ("Servers",)),
    ("Wheels", "python", None, None, ()),
    ("Downloads", "files", "For everybody", None, ()),
    ("Charts", "helm", None, None, ()),
    ("Images", "container", "Nothing yet", None, ()),
)


def add_registries(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for name, ecosystem, description, policy, tokens in _SEEDED_REGISTRIES:
            slug = derived_slug(name)
            registry = Registry(
                id=backend.new_id(Kind.REGISTRY),
                organization=organization,
                slug=slug,
                name=name,
                ecosystem=ecosystem,
                description=description,
                emoji=":gem:" if ecosystem == "ruby" else None,
                color="#B01E3A" if ecosystem == "ruby" else None,
                oidc_policy=policy,
                team_ids=tuple(organization.teams)[: 1 + len(tokens)],
            )
            organization.registries[slug] = registry
            _add_tokens(backend, organization, registry, tokens)


def _add_tokens(backend: Backend, organization: Organization, registry: Registry, tokens: tuple[str, ...]) -> None:
    for number, description in enumerate(tokens):
        token = RegistryToken(
            id=backend.new_id(Kind.REGISTRY_TOKEN),
            registry=registry,
            description=description,
            created_at=backend.epoch - (15 - number) * DAY,
            created_by=organization.members[number % len(organization.members)],
        )
        registry.tokens[token.id] = token
