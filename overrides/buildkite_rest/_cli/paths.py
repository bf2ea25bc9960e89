"""PATH of `buildkite-rest api`: placeholders, and URLs that are not those of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from .._auth.environment import ORGANIZATION, organization_from
from .._base.errors import ConfigurationError
from .._base.safe_text import safe_repr
from .._http.request import path_segment
from .errors import CommandError

_WEB_URL: Final = "https://buildkite.com/"
_PLAIN_URL: Final = "http://api.buildkite.com"
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def path_of(path: str, organization: str | None, environ: Mapping[str, str]) -> str:
    """Return `path` with a slash at its start, and the slug of the organization in place of `{org}`."""
    if not path or path != path.strip():
        problem = "begins or ends with white space" if path.strip() else "is empty"
        raise CommandError(f"PATH {problem}. Pass a path such as /v2/user.")
    _check_url(path)
    path, mark, query = path.partition("?")
    return f"{_fill_placeholders(path, organization, environ)}{mark}{query}"


def _check_url(url: str) -> None:
    """Refuse URLs that people copy, and that are not those of the API."""
    if url.rstrip("/") == "/graphql":
        raise CommandError("/graphql is not in the REST API. For a GraphQL request, pass graphql without a slash.")
    if url.lower().startswith(_PLAIN_URL):
        raise CommandError("PATH starts with http://, over which no credentials are sent. Use https://.")
    if url.lower().startswith(_WEB_URL):
        from ..urls import parse  # noqa: PLC0415 - only a mistake needs it

        try:
            hint = f"Pass {urlsplit(parse(url).api_url).path}."
        except ValueError:
            hint = "Pass a path such as /v2/user."
        raise CommandError(f"PATH is the URL of a web page, which is not in the API. {hint}")


def _fill_placeholders(path: str, organization: str | None, environ: Mapping[str, str]) -> str:
    names = set(_PLACEHOLDER.findall(path))
    if unknown := names - {"org"}:
        name = safe_repr(min(unknown))[1:-1]
        raise CommandError(f"PATH contains {{{name}}}, but only {{org}} is replaced. Write %7B and %7D for braces.")
    if "{" in (rest := _PLACEHOLDER.sub("", path)) or "}" in rest:
        raise CommandError("PATH contains a brace without its counterpart. Write %7B and %7D for braces.")
    if names:
        try:
            slug = organization or organization_from(environ)
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        if slug is None:
            raise CommandError(f"PATH contains {{org}}. Pass --organization or set {ORGANIZATION}.")
        try:
            path = path.replace("{org}", path_segment("--organization", slug))
        except ValueError as error:
            raise CommandError(str(error)) from None
    # Some shells on Windows replace an argument that starts with a slash.
    return path if path.startswith("/") or "://" in path else f"/{path}"
