"""Package registries and their tokens as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.registries import Registry, RegistryToken
from .accounts import user
from .view import WEB, Json, View


def registry_url(view: View, registry: Registry) -> str:
    """Return the address of a registry in the API."""
    return f"{view.base_url}/v2/packages/organizations/{registry.organization.slug}/registries/{registry.slug}"


def registry_page(registry: Registry) -> str:
    """Return the address of a registry's page."""
    return f"{WEB}/organizations/{registry.organization.slug}/packages/registries/{registry.slug}"


def registry(view: View, entry: Registry) -> Json:
    """Write a registry."""
    return {
        **registry_reference(view, entry),
        "name": entry.name,
        "ecosystem": entry.ecosystem,
        "description": entry.description,
        "emoji": entry.emoji,
        "color": entry.color,
        "public": False,
        "oidc_policy": entry.oidc_policy,
        "team_ids": [team_id for team_id in entry.team_ids if team_id in entry.organization.teams],
    }


def registry_reference(view: View, entry: Registry) -> Json:
    """Write a registry as what belongs to it shows it."""
    return {
        "id": entry.id,
        "graphql_id": graphql_id("Registry", entry.id),
        "slug": entry.slug,
        "url": registry_url(view, entry),
        "web_url": registry_page(entry),
    }


def organization_reference(view: View, owner: Organization) -> Json:
    """Write an organization as packages and tokens show it."""
    url = view.organization_url(owner)
    return {"id": owner.id, "slug": owner.slug, "url": url, "web_url": f"{WEB}/{owner.slug}"}


def registry_token(view: View, token: RegistryToken) -> Json:
    """Write a token, without its value."""
    return {
        "id": token.id,
        "graphql_id": graphql_id("RegistryToken", token.id),
        "description": token.description,
        "url": f"{registry_url(view, token.registry)}/tokens/{token.id}",
        "created_at": iso(token.created_at),
        "created_by": user(token.created_by),
        "organization": organization_reference(view, token.registry.organization),
        "registry": registry_reference(view, token.registry),
    }
