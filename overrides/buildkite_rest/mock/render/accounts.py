"""Users, organizations, tokens and emojis as JSON."""

from __future__ import annotations

from ..clock import iso, spaced
from ..ids import digest, graphql_id
from ..world.accounts import Emoji, Organization, Token, User
from .view import WEB, Json, View


def user(person: User) -> Json:
    """Write a user."""
    return {
        "id": person.id,
        "graphql_id": graphql_id("User", person.id),
        "name": person.name,
        "email": person.email,
        "avatar_url": f"https://www.gravatar.com/avatar/{digest(person.email, length=32)}",
        "created_at": iso(person.created_at),
    }


def user_or_none(person: User | None) -> Json | None:
    """Write a user, if there is one."""
    return None if person is None else user(person)


def organization(view: View, owner: Organization) -> Json:
    """Write an organization."""
    url = view.organization_url(owner)
    return {
        "id": owner.id,
        "graphql_id": graphql_id("Organization", owner.id),
        "url": url,
        "web_url": f"{WEB}/{owner.slug}",
        "name": owner.name,
        "slug": owner.slug,
        "pipelines_url": f"{url}/pipelines",
        "agents_url": f"{url}/agents",
        "emojis_url": f"{url}/emojis",
        "created_at": iso(owner.created_at),
    }


def token(credential: Token) -> Json:
    """Write an access token, without its secret."""
    return {
        "uuid": credential.uuid,
        "scopes": sorted(credential.scopes),
        "description": credential.description,
        "created_at": spaced(credential.created_at),
        "expires_at": None if credential.expires_at is None else spaced(credential.expires_at),
        "user": {"name": credential.user.name, "email": credential.user.email},
    }


def emoji(symbol: Emoji) -> Json:
    """Write an emoji. The key `aliases` is missing where there are none."""
    body: Json = {"name": symbol.name, "url": symbol.url}
    return {**body, "aliases": list(symbol.aliases)} if symbol.aliases else body
