"""PATH of `buildkite-rest api`: placeholders, and URLs of web pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from .._auth.environment import ORGANIZATION
from .._http.request import path_segment
from .errors import CommandError

_WEB_URL: Final = "https://buildkite.com/"
_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}|[{}]")
VARIABLES: Final = {"org": ORGANIZATION, "pipeline": "BUILDKITE_PIPELINE_SLUG", "build": "BUILDKITE_BUILD_NUMBER"}
"""Placeholders, and the variables with their values, which Buildkite sets in every job."""


def path_of(path: str, environ: Mapping[str, str]) -> str:
    """Return `path` with a slash at its start, and values in place of placeholders, but not in its query."""
    if path.lower().startswith(_WEB_URL):
        from ..urls import parse  # noqa: PLC0415 - only a mistake needs it

        try:
            hint = f"Pass {urlsplit(parse(path).api_url).path}."
        except ValueError:
            hint = "Pass a path such as /v2/user."
        raise CommandError(f"PATH is the URL of a web page, which is not in the API. {hint}")

    def value_of(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name not in VARIABLES:
            raise CommandError(
                "PATH has a brace, but only {org}, {pipeline} and {build} are replaced. Write %7B and %7D for braces."
            )
        if not (value := environ.get(VARIABLES[name], "").strip()):
            raise CommandError(f"PATH contains {{{name}}}. Set {VARIABLES[name]}, or write the value in its place.")
        try:
            return path_segment(VARIABLES[name], value)
        except ValueError as error:
            raise CommandError(str(error)) from None

    path, mark, query = path.partition("?")
    path = _PLACEHOLDER.sub(value_of, path)
    # Some shells on Windows replace an argument that starts with a slash.
    return f"{path if path.startswith('/') or '://' in path else f'/{path}'}{mark}{query}"
