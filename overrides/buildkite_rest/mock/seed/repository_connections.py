"""Connections of every type. The service at the end of one does not answer for a while."""

from __future__ import annotations

from typing import Any

from ..ids import Kind
from ..world.repository_connections import ConnectedRepository, ProviderRateLimit, RepositoryConnection
from ..world.world import World
from .accounts import EPOCH

_HOUR = 3_600.0
_SLUGS = ("web", "api", "deploy", "ios", "docs", "nightly", "zoo")
_SERVER = "github.acme.example"
#: Type, name, account, host, and where its repositories are.
_CONNECTIONS: tuple[tuple[str, str, str | None, dict[str, Any] | None, str], ...] = (
    ("github_app", "GitHub ({org})", "{org}", {"type": "github", "url": "https://github.com"}, "github.com"),
    ("github_code_access_app", "GitHub Limited Access ({org})", "{org}", {"type": "github", "url": None}, "github.com"),
    ("github_restricted_app", "GitHub Restricted ({org})", "{org}", None, "github.com"),
    (
        "github_enterprise_app",
        "GitHub Enterprise Server",
        "buildkite",
        {
            "type": "github_enterprise",
            "url": f"https://{_SERVER}",
            "webhook_allowed_addresses": None,
            "verify_server_cert": False,
            "proxy_auth_strategy": None,
        },
        _SERVER,
    ),
    (
        "github_enterprise",
        "GitHub Enterprise Server (old)",
        None,
        {"type": "github_enterprise", "url": f"https://{_SERVER}", "authentication_strategy": "oauth"},
        "",
    ),
    (
        "bitbucket_server",
        "Bitbucket Server",
        None,
        {
            "type": "bitbucket_server",
            "url": "https://git.acme.example,https://git2.acme.example",
            "webhook_allowed_addresses": "198.51.100.0/24",
            "verify_server_cert": True,
        },
        "",
    ),
    ("gitlab_self_managed", "GitLab", None, {"type": "gitlab", "url": "https://gitlab.acme.example"}, ""),
    ("cursor_origin_app", "Origin", "{org}", {"type": "origin", "url": "https://origin.example"}, "origin.example"),
)


def add_repository_connections(world: World) -> None:
    """Add all connections to `acme`, and the first to `globex`."""
    for organization in world.organizations.values():
        for type_, name, login, host, where in _CONNECTIONS if organization.slug == "acme" else _CONNECTIONS[:1]:
            connection = RepositoryConnection(
                id=world.new_id(Kind.REPOSITORY_CONNECTION),
                type=type_,
                display_name=name.format(org=organization.slug),
                login=None if login is None else login.format(org=organization.slug),
                host=host,
                rate_limit=ProviderRateLimit(limit=5_000, used=311, reset_at=EPOCH + _HOUR) if "app" in type_ else None,
                repositories=_repositories(organization.slug, where) if where else (),
                unavailable_until=EPOCH + 2 * _HOUR if type_ == "github_enterprise_app" else None,
            )
            organization.repository_connections[connection.id] = connection


def _repositories(owner: str, host: str) -> tuple[ConnectedRepository, ...]:
    slugs = [f"{owner}/{slug}" for slug in _SLUGS]
    return (
        *(ConnectedRepository(full_name=slug, host=host) for slug in slugs),
        ConnectedRepository(full_name=f"{owner}/Infra", host=host, default_branch="trunk"),
        ConnectedRepository(full_name=f"{owner}/empty", host=host, default_branch=None),
    )
