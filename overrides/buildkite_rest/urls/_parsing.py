"""Parsing of URLs, and that of the build that a job belongs to, from its environment."""

from __future__ import annotations

import os
import re
from typing import Any, Final, TypeAlias, TypeVar, get_args, overload
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import attrs
from attrs import frozen

from .._base.arguments import check_type, type_name
from .._base.errors import ConfigurationError
from .._base.safe_text import safe_excerpt
from .._base.urls import check_base_url, check_has_no_version, origin_of
from ._kinds import (
    API_URL,
    MAX_NUMBER,
    UUID,
    WEB_URL,
    AgentURL,
    AnyURL,
    ArtifactURL,
    BuildkiteURL,
    BuildURL,
    ClusterQueueURL,
    ClusterURL,
    JobURL,
    OrganizationURL,
    PipelineURL,
    SuiteURL,
    is_page,
    is_slug,
    is_uuid,
)

U = TypeVar("U", bound=BuildkiteURL)

_ALL_KINDS: Final = (BuildkiteURL, *get_args(AnyURL))
_EXAMPLE: Final = BuildURL("acme", "web", 42)
_JOB_IN_FRAGMENT: Final = re.compile(rf"({UUID.pattern})(?:[/?&].*)?")
_LIKE_UUID: Final = re.compile("[0-9A-Fa-f]{8}-")
_TOKEN: Final = re.compile("bk[a-z]{1,3}_|gh[a-z]_|eyJ|xox[a-z]-", re.IGNORECASE)
"""Prefixes of common tokens."""
_NUMBER: Final = re.compile(rf"[1-9][0-9]{{0,{len(str(MAX_NUMBER)) - 1}}}")
_NOT_SEGMENTS: Final = frozenset({"", ".", ".."})

_Templates: TypeAlias = tuple[tuple[type[AnyURL], str], ...]
"""Kinds of URLs by the start of their path, the longer paths first."""

_API: Final[_Templates] = (
    (ArtifactURL, ArtifactURL.api),
    (JobURL, JobURL.api),
    (BuildURL, BuildURL.api),
    (PipelineURL, PipelineURL.api),
    (ClusterQueueURL, ClusterQueueURL.api),
    (ClusterURL, ClusterURL.api),
    (AgentURL, AgentURL.api),
    (SuiteURL, SuiteURL.api),
    (OrganizationURL, OrganizationURL.api),
    (OrganizationURL, "/v2/analytics/organizations/{organization}"),
    (OrganizationURL, "/v2/packages/organizations/{organization}"),
)
_JOB: Final = "/jobs/{job_id}"
"""A job in its organization, without its build."""
_WEB: Final[_Templates] = (
    (ArtifactURL, BuildURL.web + "/jobs/{job_id}/artifacts/{artifact_id}"),
    (JobURL, BuildURL.web + "/jobs/{job_id}"),
    (BuildURL, BuildURL.web),
    (PipelineURL, PipelineURL.web),
    (OrganizationURL, OrganizationURL.web),
)
_IN_ORGANIZATION: Final = "/organizations/{organization}"
_WEB_IN_ORGANIZATION: Final[_Templates] = (
    (ArtifactURL, ArtifactURL.web),
    (JobURL, _IN_ORGANIZATION + "/pipelines/{pipeline}/builds/{number}/jobs/{job_id}"),
    (BuildURL, _IN_ORGANIZATION + "/pipelines/{pipeline}/builds/{number}"),
    (PipelineURL, _IN_ORGANIZATION + "/pipelines/{pipeline}"),
    (AgentURL, ClusterQueueURL.web + "/agents/{agent_id}"),
    (ClusterQueueURL, ClusterQueueURL.web),
    (ClusterURL, ClusterURL.web),
    (AgentURL, AgentURL.web),
    (SuiteURL, SuiteURL.web),
    (OrganizationURL, _IN_ORGANIZATION),
)


@overload
def parse(url: str, *, base_url: str = API_URL, web_url: str = WEB_URL) -> AnyURL: ...


@overload
def parse(url: str, kind: type[U], *, base_url: str = API_URL, web_url: str = WEB_URL) -> U: ...


def parse(
    url: str, kind: type[BuildkiteURL] = BuildkiteURL, *, base_url: str = API_URL, web_url: str = WEB_URL
) -> BuildkiteURL:
    """Parse the URL of a web page or of the REST API.

    Pages and paths below an object are part of it: `https://buildkite.com/acme/web/builds/42/annotations` is a
    `BuildURL`, and so is that of a step. The URL of a build with a job in its fragment, or in `jid` of its query, is a
    `JobURL`; `jid` takes precedence. Other fragments and queries are ignored, as is white space around the URL;
    `https://` may be missing. No message has text of `url` that may be a credential.

    Args:
        url: The URL, of `buildkite.com` or `api.buildkite.com`.
        kind: The class to return. The URL may be that of a part of such an object: with `BuildURL`, the URL of a job
            returns its build.
        base_url: Where the API is, as in `Buildkite(base_url=…)`. URLs of `api.buildkite.com` are then refused.
        web_url: Where the web pages are.

    Raises:
        TypeError: An argument has another type, or `kind` is not one of the classes of this module. To accept any
            kind, omit it.
        ValueError: It is not such a URL, or `base_url` or `web_url` is not a URL without a user, query or fragment.
    """
    check_type("url", url, str, "a str")
    _check_kind(kind)
    bases = _Bases(_split_base("base_url", base_url, API_URL), _split_base("web_url", web_url, WEB_URL))
    found = _find(url.strip(), bases)
    part: type[BuildkiteURL] | None = type(found)
    while part is not None and not issubclass(part, kind):
        part = part.parent
    if part is None:
        raise ValueError(
            f"the URL is that of {found.title}, not of {kind.title}{_shown(found, bases)}."
            f" Pass one of the form {bases.web.geturl()}{kind.web}"
        )
    return part(**{each.name: getattr(found, each.name) for each in attrs.fields(part)})


def _check_kind(kind: object) -> None:
    """Raise `TypeError` if `parse` returns no such object. Subclasses of the kinds are not returned."""
    if kind not in _ALL_KINDS:
        name = kind.__name__ if isinstance(kind, type) else type_name(kind)
        raise TypeError(f"kind must be a class of buildkite_rest.urls, not {name}. To accept any kind, omit it")


def _shown(found: BuildkiteURL, bases: _Bases) -> str:
    """Return the URL of an object for the end of a message, or an empty string if it may contain a credential."""
    url = f"{bases.web.geturl()}{found.web_path}"
    return "" if _TOKEN.search(url) else f": {safe_excerpt(url)}"


@frozen
class _Bases:
    """Where the API and the web pages are."""

    api: SplitResult
    web: SplitResult


class _InvalidURLError(Exception):
    """A URL that cannot be parsed. Its text is the reason, without any text of the URL."""


def _find(url: str, bases: _Bases) -> AnyURL:
    """Return the smallest object that `url` is in."""
    try:
        return _find_below(_split(url), bases)
    except _InvalidURLError as error:
        examples = f"{bases.web.geturl()}{_EXAMPLE.web_path} or {bases.api.geturl()}{_EXAMPLE.api_path}"
        raise ValueError(f"the URL {error}. Pass one such as {examples}") from None


def _split(url: str) -> SplitResult:
    if not url:
        raise _InvalidURLError("is empty")
    if not url.isprintable() or " " in url:
        raise _InvalidURLError("contains a space or a control character")
    try:
        parts = urlsplit(url if "://" in url else f"https://{url.removeprefix('//')}")
        _site(parts)
    except ValueError:
        has_user = "@" in url.partition("?")[0].partition("#")[0]
        raise _InvalidURLError("contains a user" if has_user else "is invalid") from None
    return parts


def _find_below(parts: SplitResult, bases: _Bases) -> AnyURL:
    api_path, web_path = _segments_below(parts, bases.api), _segments_below(parts, bases.web)
    if api_path is None and web_path is None:
        raise _InvalidURLError("is not one of Buildkite")
    in_organization = web_path is not None and web_path[:1] == ["organizations"]
    for path, templates, job_without_build in (
        (api_path, _API, OrganizationURL.api + _JOB),
        (web_path, _WEB_IN_ORGANIZATION if in_organization else _WEB, _IN_ORGANIZATION + _JOB),
    ):
        if path and _parts(job_without_build, path) is not None:
            raise _InvalidURLError("does not name the build of the job, as the job's web_url does")
        if path and (found := _match(path, templates)) is not None:
            if isinstance(found, BuildURL) and path is web_path and (job := _job_on_page(parts)) is not None:
                return JobURL(found.organization, found.pipeline, found.number, job)
            return found
    raise _InvalidURLError("is not that of an object of an organization")


def _split_base(name: str, url: str, example: str) -> SplitResult:
    check_base_url(name, url, example)
    if name == "base_url":
        check_has_no_version(name, url)
    return urlsplit(url.rstrip("/"))


def _segments_below(parts: SplitResult, base: SplitResult) -> list[str] | None:
    """Return the decoded segments of a path below that of `base`, or None if it is not below it."""
    if _site(parts) != _site(base) or not f"{parts.path}/".startswith(f"{base.path}/"):
        return None
    path = parts.path.removeprefix(base.path).removeprefix("/").removesuffix("/")
    try:
        segments = [unquote(segment, errors="strict") for segment in path.split("/")] if path else []
    except ValueError:
        raise _InvalidURLError("is invalid") from None
    if any(not _NOT_SEGMENTS.isdisjoint(re.split(r"[/\\]", segment)) for segment in segments):
        raise _InvalidURLError("has an empty segment or a dot segment")
    return segments


def _site(parts: SplitResult) -> tuple[str, int | None]:
    """Return the host without `www`, and the port, or None for the default ports of `http` and `https`."""
    scheme, host, port = origin_of(parts.geturl())
    if scheme not in ("http", "https") or not host:
        raise ValueError("not an HTTP URL")
    return host.removeprefix("www."), None if (scheme, port) in (("http", 80), ("https", 443)) else port


def _match(path: list[str], templates: _Templates) -> AnyURL | None:
    for kind, template in templates:
        values = _parts(template, path)
        if values is not None:
            return kind(**{each.name: values[each.name] for each in attrs.fields(kind)})
    return None


def _parts(template: str, path: list[str]) -> dict[str, Any] | None:
    """Return the parts of a path that starts as `template`, or None if it does not."""
    expected = template.partition("#")[0].strip("/").split("/")
    if len(path) < len(expected):
        return None
    values = dict[str, Any]()
    for segment, text in zip(expected, path, strict=False):
        name = segment.strip("{}")
        if name == segment:
            if text != segment:
                _check_case(text, segment)
                return None
        elif is_page(name, text):
            return None
        elif name == "number":
            if not _NUMBER.fullmatch(text):
                raise _InvalidURLError("has an invalid build number")
            values[name] = int(text)
        elif not (is_uuid(text) if name.endswith("_id") else is_slug(text)):
            raise _InvalidURLError(f"has an invalid {name.replace('_', ' ')}")
        else:
            values[name] = text
    return values


def _check_case(text: str, expected: str) -> None:
    if text.lower() == expected:
        raise _InvalidURLError(f"has the segment {expected} in another case. Paths are case-sensitive")


def _job_on_page(parts: SplitResult) -> str | None:
    """Return the UUID of the job that the page of a build shows, or None."""
    ids = parse_qs(parts.query).get("jid", [])
    if ids:
        if not is_uuid(ids[0]):
            raise _InvalidURLError("has an invalid jid")
        return ids[0]
    if (found := _JOB_IN_FRAGMENT.fullmatch(parts.fragment)) is not None:
        return found[1]
    if _LIKE_UUID.match(parts.fragment) is not None:
        raise _InvalidURLError("has an invalid job id in its fragment")
    return None


def current_build() -> BuildURL:
    """Return the URL of the build of this job: `client.builds.get(*urls.current_build().args)`. Nothing is sent.

    The agent sets `BUILDKITE_ORGANIZATION_SLUG`, `BUILDKITE_PIPELINE_SLUG` and `BUILDKITE_BUILD_NUMBER` in each job.

    Raises:
        ConfigurationError: One of them is not set, as outside of a job, or is not such a slug or number.

    Source: https://buildkite.com/docs/pipelines/configure/environment-variables
    """
    organization = _variable("BUILDKITE_ORGANIZATION_SLUG")
    pipeline = _variable("BUILDKITE_PIPELINE_SLUG")
    try:
        return BuildURL(organization, pipeline, int(_variable("BUILDKITE_BUILD_NUMBER")))
    except ValueError:
        raise ConfigurationError(
            "BUILDKITE_ORGANIZATION_SLUG, BUILDKITE_PIPELINE_SLUG and BUILDKITE_BUILD_NUMBER are not those of a build."
            " Set them as an agent does"
        ) from None


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(f"{name} is not set, as outside of a job. Run this in a job, or set it")
    return value
