"""Credentials from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ._auth import Auth, JWTAuth, TokenAuth, may_be_shown
from ._errors import ConfigurationError

# The names of variables, not what stands in them.
TOKEN: Final = "BUILDKITE_API_TOKEN"  # noqa: S105
TOKEN_UUID: Final = "BUILDKITE_API_TOKEN_UUID"  # noqa: S105
KEY: Final = "BUILDKITE_API_PRIVATE_KEY"
KEY_PATH: Final = "BUILDKITE_API_PRIVATE_KEY_PATH"
PASSPHRASE: Final = "BUILDKITE_API_PRIVATE_KEY_PASSPHRASE"  # noqa: S105

ORGANIZATION: Final = "BUILDKITE_ORGANIZATION_SLUG"
"""Buildkite sets it in every job."""


def auth_from(environ: Mapping[str, str], otherwise: str = "pass auth=, a token or JWTAuth(…)") -> Auth:
    """Return the credentials that stand in `environ`. Empty variables count as none.

    Args:
        environ: The variables.
        otherwise: What errors advise, besides setting a variable.

    Raises:
        ConfigurationError: There are none, or two, or half of them.
    """
    token, uuid, key, path = (environ.get(name) for name in (TOKEN, TOKEN_UUID, KEY, KEY_PATH))
    if token and (uuid or key or path):
        found = next(name for name, value in ((TOKEN_UUID, uuid), (KEY, key), (KEY_PATH, path)) if value)
        raise ConfigurationError(f"{TOKEN} and {found} are both set; unset one, or {otherwise}")
    if token:
        return TokenAuth(token)
    if not (uuid or key or path):
        raise ConfigurationError(f"there is no token; set the environment variable {TOKEN} or {otherwise}")
    if key and path:
        raise ConfigurationError(f"{KEY} and {KEY_PATH} are both set; unset one")
    if not uuid:
        raise ConfigurationError(f"there is a private key but no {TOKEN_UUID}, the UUID of its access token")
    if path and not may_be_shown(path) and not os.path.isfile(path):  # noqa: PTH113 - that of Path may show the text
        raise ConfigurationError(
            f"{KEY_PATH} is not the path of a readable PEM file. Set it to the path of the key, not to its text"
        )
    private_key = key or (Path(path) if path else None)
    if private_key is None:
        raise ConfigurationError(f"{TOKEN_UUID} is set without a key; set {KEY_PATH} or {KEY}")
    return JWTAuth(uuid, private_key, environ.get(PASSPHRASE) or None)


def organization_from(environ: Mapping[str, str]) -> str | None:
    """Return the slug of the organization in `environ`, or None when the variable is unset or blank.

    Raises:
        ConfigurationError: It cannot be a slug.
    """
    slug = environ.get(ORGANIZATION, "").strip()
    if slug in (".", "..") or " " in slug or not slug.isprintable():
        raise ConfigurationError(f"{ORGANIZATION} is not the slug of an organization. Set it to one such as acme")
    return slug or None
