"""Parsing of URLs."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias, TypeVar, get_args, overload
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import attrs
from attrs import frozen

from .._base.arguments import check_type, type_name
from .._base.safe_text import safe_repr
from .._base.urls import check_base_url, check_has_no_version, origin_of, without_query
from ._kinds import (
    API_URL,
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
)

U = TypeVar("U", bound=BuildkiteURL)

_ALL_KINDS: Final = (BuildkiteURL, *get_args(AnyURL))
_EXAMPLE: Final = BuildURL("acme", "web", 42)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_JOB_IN_FRAGMENT: Final = re.compile(rf"({_UUID.pattern})(?![0-9A-Za-z_-])")
_TOKEN: Final = re.compile(r"bk[a-z]{1,3}_", re.IGNORECASE)
"""Prefix of tokens of Buildkite."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_SITE_PAGES: Final = frozenset(
    {
        "about",
        "blog",
        "brand-assets",
        "changelog",
        "docs",
        "forgot-password",
        "home",
        "login",
        "logout",
        "new",
        "oauth",
        "packages",
        "pipelines",
        "platform",
        "plugins",
        "pricing",
        "resources",
        "signup",
        "sso",
        "support",
        "user",
    }
)
"""First segments of pages of buildkite.com that are not in an organization."""
_SELECTED: Final = frozenset({"~", "-"})
"""Segments that buildkite.com replaces by the slug of the organization that the user has selected."""

_Templates: TypeAlias = tuple[tuple[type[BuildkiteURL], str], ...]
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
_API_JOB_WITHOUT_BUILD: Final = OrganizationURL.api + "/jobs/{job_id}"
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
    `https://` may be missing. Messages have no URL that may contain a credential.

    Args:
        url: The URL, of `buildkite.com` or `api.buildkite.com`.
        kind: The class to return. The URL may be that of a part of such an object: with `BuildURL`, the URL of a job
            returns its build.
        base_url: Where the API is, as in `Buildkite(base_url=…)`. URLs of `api.buildkite.com` are then refused.
        web_url: Where the web pages are.

    Raises:
        TypeError: An argument has another type, or `kind` is not one of the classes of this module.
        ValueError: It is not such a URL, or `base_url` or `web_url` is not a URL without a user, query or fragment.
    """
    check_type("url", url, str, "a str")
    _check_kind(kind)
    bases = _Bases(_split_base("base_url", base_url, API_URL), _split_base("web_url", web_url, WEB_URL))
    url = url.strip()
    found = _find(url, bases)
    part: type[BuildkiteURL] | None = type(found)
    while part is not None and not issubclass(part, kind):
        part = part.parent
    if part is None:
        raise ValueError(
            f"the URL is that of {found.title}, not of {kind.title}{_shown(url)}."
            f" Pass one of the form {bases.web.geturl()}{kind.web}"
        )
    return part(**{each.name: getattr(found, each.name) for each in attrs.fields(part)})


def _check_kind(kind: object) -> None:
    """Raise `TypeError` if `parse` returns no such object. Subclasses of the kinds are not returned."""
    if kind not in _ALL_KINDS:
        name = kind.__name__ if isinstance(kind, type) else type_name(kind)
        raise TypeError(f"kind must be a class of buildkite_rest.urls, not {name}")


@frozen
class _Bases:
    """Where the API and the web pages are."""

    api: SplitResult
    web: SplitResult


def _find(url: str, bases: _Bases) -> BuildkiteURL:
    """Return the smallest object that `url` is in."""
    if not url:
        raise _error("the URL is empty", url, bases)
    if not url.isprintable() or " " in url:
        raise _error("the URL contains a space or a control character", url, bases)
    try:
        parts = urlsplit(url if "://" in url else f"https://{url.removeprefix('//')}")
        api_path, web_path = _segments_below(parts, bases.api), _segments_below(parts, bases.web)
    except ValueError:
        has_user = "@" in url.partition("?")[0].partition("#")[0]
        raise _error(f"the URL {'contains a user' if has_user else 'is invalid'}", url, bases) from None
    if api_path is None and web_path is None:
        raise _error("the URL is not one of Buildkite", url, bases)
    if api_path and (found := _match(api_path, _API)) is not None:
        if type(found) is OrganizationURL and _parts(_API_JOB_WITHOUT_BUILD, api_path) is not None:
            raise ValueError(f"the URL does not name the build of the job{_shown(url)}. Pass the job's web_url")
        return found
    if web_path and web_path[0] not in _SITE_PAGES:
        found = _match(web_path, _WEB_IN_ORGANIZATION if web_path[0] == "organizations" else _WEB)
        if found is not None:
            job = _job_on_page(parts)
            return JobURL(*found.args, job) if isinstance(found, BuildURL) and job is not None else found
    raise _error("the URL is not that of an object of an organization", url, bases)


def _error(problem: str, url: str, bases: _Bases) -> ValueError:
    examples = f"{bases.web.geturl()}{_EXAMPLE.web_path} or {bases.api.geturl()}{_EXAMPLE.api_path}"
    return ValueError(f"{problem}{_shown(url)}. Pass one such as {examples}")


def _shown(url: str) -> str:
    """Return `url` for the end of a message, or an empty string if it may be a credential or contain one."""
    has_path = "/" in url.rpartition("://")[2].strip("/")
    if not has_path or "@" in url or _TOKEN.search(url) is not None or not _is_valid(url):
        return ""
    return f": {without_query(url)}"


def _is_valid(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def _split_base(name: str, url: str, example: str) -> SplitResult:
    check_base_url(name, url, example)
    if name == "base_url":
        check_has_no_version(name, url)
    return urlsplit(url.rstrip("/"))


def _segments_below(parts: SplitResult, base: SplitResult) -> list[str] | None:
    """Return the decoded segments of a path below that of `base`, or None if it is not below it.

    Raises:
        ValueError: The URL is invalid, or is not UTF-8.
    """
    if _site(parts) != _site(base) or not f"{parts.path}/".startswith(f"{base.path}/"):
        return None
    path = parts.path.removeprefix(base.path).strip("/")
    return [unquote(segment, errors="strict") for segment in path.split("/")] if path else []


def _site(parts: SplitResult) -> tuple[str, int | None]:
    """Return the host without `www`, and the port, or None for the default ports of `http` and `https`."""
    scheme, host, port = origin_of(parts.geturl())
    if scheme not in ("http", "https") or not host:
        raise ValueError("not an HTTP URL")
    return host.removeprefix("www."), None if (scheme, port) in (("http", 80), ("https", 443)) else port


def _match(path: list[str], templates: _Templates) -> BuildkiteURL | None:
    for kind, template in templates:
        values = _parts(template, path)
        if values is not None and values["organization"] not in _SELECTED:
            return kind(**{each.name: values[each.name] for each in attrs.fields(kind)})
    return None


def _parts(template: str, path: list[str]) -> dict[str, Any] | None:
    """Return the parts of a path that starts as `template`, or None if it does not."""
    expected = template.partition("#")[0].strip("/").split("/")
    if len(path) < len(expected):
        return None
    values = dict[str, Any]()
    for name, segment in zip(expected, path, strict=False):
        if not name.startswith("{"):
            if segment != name:
                return None
        elif name == "{number}":
            if not _NUMBER.fullmatch(segment):
                if segment[:1].isdigit():
                    raise ValueError(
                        f"the URL has an invalid build number: {safe_repr(segment)}. Remove what is not part of the URL"
                    )
                return None
            values["number"] = int(segment)
        else:
            values[name.strip("{}")] = segment
    return values


def _job_on_page(parts: SplitResult) -> str | None:
    """Return the UUID of the job that the page of a build shows, or None."""
    jid = next((each for each in parse_qs(parts.query).get("jid", []) if _UUID.fullmatch(each)), None)
    if jid is None and (found := _JOB_IN_FRAGMENT.match(parts.fragment)) is not None:
        jid = found[1]
    return None if jid is None else jid.lower()
