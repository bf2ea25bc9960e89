"""Credentials, URLs and the organization from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .._base.errors import ConfigurationError
from .tokens import Auth, TokenAuth, check_token

TOKEN: Final = "BUILDKITE_API_TOKEN"  # noqa: S105
TOKEN_UUID: Final = "BUILDKITE_API_TOKEN_UUID"  # noqa: S105
KEY: Final = "BUILDKITE_API_PRIVATE_KEY"
KEY_PATH: Final = "BUILDKITE_API_PRIVATE_KEY_PATH"
PASSPHRASE: Final = "BUILDKITE_API_PRIVATE_KEY_PASSPHRASE"  # noqa: S105

REST_URL_VARIABLE: Final = "BUILDKITE_REST_URL"
GRAPHQL_URL_VARIABLE: Final = "BUILDKITE_GRAPHQL_URL"
"""Both have the names that Buildkite's Terraform provider reads.

Source: https://github.com/buildkite/terraform-provider-buildkite/blob/main/docs/index.md
"""

ORGANIZATION: Final = "BUILDKITE_ORGANIZATION_SLUG"
"""Set by Buildkite in every job."""


def auth_from(environ: Mapping[str, str], alternative: str = "pass auth= with a token or a JWTAuth") -> Auth:
    """Return the credentials in `environ`. Empty variables count as unset.

    Args:
        environ: The environment variables.
        alternative: Alternative to setting a variable, for messages.

    Raises:
        ConfigurationError: There are no credentials, more than one kind of them, or only a part.
    """
    token, uuid, key, path = (environ.get(name) for name in (TOKEN, TOKEN_UUID, KEY, KEY_PATH))
    if token and (uuid or key or path):
        found = TOKEN_UUID if uuid else KEY if key else KEY_PATH
        raise ConfigurationError(f"{TOKEN} and {found} are both set. Unset one, or {alternative}")
    if token:  # A passphrase without a key does not conflict with it.
        return TokenAuth(check_token(token, TOKEN))
    if not (uuid or key or path):
        raise ConfigurationError(f"No token is configured. Set {TOKEN}, or {alternative}.")
    if key and path:
        raise ConfigurationError(f"{KEY} and {KEY_PATH} are both set. Unset one")
    if not uuid:
        raise ConfigurationError(f"a private key is set without {TOKEN_UUID}. Set it to the UUID of the access token")
    if not (key or path):
        raise ConfigurationError(f"{TOKEN_UUID} is set without a key. Set {KEY_PATH} or {KEY}")
    from .signed_jwts import JWTAuth, check_token_uuid, load_private_key  # noqa: PLC0415 - most programs have a token

    check_token_uuid(TOKEN_UUID, uuid)
    source, name = (key, KEY) if key else (Path(path or ""), KEY_PATH)
    return JWTAuth(uuid, load_private_key(source, environ.get(PASSPHRASE), name, PASSPHRASE))


def url_from(environ: Mapping[str, str], variable: str) -> str | None:
    """Return the URL of an API in `environ`, not validated, or None if the variable is unset or blank."""
    return environ.get(variable, "").strip() or None


def organization_from(environ: Mapping[str, str]) -> str | None:
    """Return the slug of the organization in `environ`, or None if the variable is unset or blank.

    Raises:
        ConfigurationError: It is not a valid slug.
    """
    slug = environ.get(ORGANIZATION, "").strip()
    if slug in (".", "..") or " " in slug or not slug.isprintable():
        raise ConfigurationError(f"{ORGANIZATION} is not the slug of an organization. Set it to one such as acme")
    return slug or None
