"""URLs of Buildkite: those of its web pages and those of its API.

    from buildkite_rest import urls

    url = urls.parse("https://buildkite.com/acme/web/builds/42", urls.BuildURL)
    build = client.builds.get(*url.args)
    print(url.web_url, url.api_url)

`parse` returns a `BuildURL`, a `JobURL` or another of the classes below. They can also be made of their parts:
`urls.BuildURL("acme", "web", 42).web_url`. Nothing is sent: the object need not exist.
"""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, overload
from urllib.parse import SplitResult, parse_qs, urlsplit

import attrs
from attrs import field, frozen

from ._base.errors import ConfigurationError
from ._base.urls import check_base_url, check_has_no_version, has_dot_segments, origin_of

__all__ = [
    "API_URL",
    "WEB_URL",
    "AnyURL",
    "BuildURL",
    "BuildkiteURL",
    "JobURL",
    "OrganizationURL",
    "PipelineURL",
    "current_build",
    "parse",
]

Args = TypeVar("Args")
"""Types of the parts of a kind."""
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_SLUG: Final = re.compile(r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*")
"""A slug. A full stop at its end is that of a sentence."""
_SITE_PAGES: Final = re.compile(
    "about|blog|brand-assets|changelog|docs|forgot-password|home|login|logout|new|oauth|organizations|packages|pipelines"
    "|platform|plugins|pricing|resources|signup|sso|support|user|-|~",
    re.IGNORECASE,
)
"""First segments of pages of buildkite.com that are not in an organization. `-` and `~` are the selected one."""
WEB_URL: Final = "https://buildkite.com"
"""Origin of the web pages."""
API_URL: Final = "https://api.buildkite.com"
"""Origin of the REST API."""


def _is_page(part: str, text: str) -> bool:
    """Whether the URL with `text` in place of a part is that of a page of the parent, such as `/clusters/new`."""
    if part == "organization":
        return _SITE_PAGES.fullmatch(text) is not None
    return text == "new" or (part == "number" and text == "latest")


def _lower(uuid: str) -> str:
    """Return a UUID in lower case, as the API writes it."""
    return uuid.lower()


@frozen
class BuildkiteURL(Generic[Args]):
    """Base class of the URLs of the objects of an organization."""

    web: ClassVar[str]
    """Template of `web_path`."""
    api: ClassVar[str]
    """Template of `api_path`."""

    organization: str
    """Slug of the organization."""

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            _check_part(name, value)

    @property
    def args(self) -> Args:
        """The arguments of a method: `builds.get(*url.args)`."""
        return attrs.astuple(self)  # type: ignore[return-value]

    @property
    def web_url(self) -> str:
        """URL of the page on buildkite.com."""
        return f"{WEB_URL}{self.web_path}"

    @property
    def web_path(self) -> str:
        """Path of the page. That of a job has a fragment."""
        return self.web.format_map(attrs.asdict(self))

    @property
    def api_url(self) -> str:
        """URL in the REST API."""
        return f"{API_URL}{self.api_path}"

    @property
    def api_path(self) -> str:
        """Path in the REST API: `/v2/…`."""
        return self.api.format_map(attrs.asdict(self))


def _check_part(name: str, value: Any) -> None:
    """Raise `ValueError` if no URL has such a part. The text may be a credential, so it is not shown."""
    if name == "number":
        is_valid, kind = _NUMBER.fullmatch(str(value)) is not None, "an int of 1 to 18 digits"
    elif name.endswith("_id"):
        is_valid, kind = _UUID.fullmatch(value) is not None, "a UUID"
    else:
        is_valid = _SLUG.fullmatch(value) is not None and not _is_page(name, value)
        kind = "a slug: letters, digits, hyphens. It must not be the name of a page"
    if not is_valid:
        raise ValueError(f"{name} of the URL must be {kind}")


@frozen
class OrganizationURL(BuildkiteURL[tuple[str]]):
    """URL of an organization."""

    web = "/{organization}"
    api = "/v2/organizations/{organization}"


@frozen
class PipelineURL(BuildkiteURL[tuple[str, str]]):
    """URL of a pipeline."""

    web = "/{organization}/{pipeline}"
    api = OrganizationURL.api + "/pipelines/{pipeline}"

    pipeline: str
    """Slug of the pipeline."""


@frozen
class BuildURL(BuildkiteURL[tuple[str, str, int]]):
    """URL of a build."""

    web = PipelineURL.web + "/builds/{number}"
    api = PipelineURL.api + "/builds/{number}"

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""


@frozen
class JobURL(BuildkiteURL[tuple[str, str, int, str]]):
    """URL of a job."""

    web = BuildURL.web + "#{job_id}"
    api = BuildURL.api + "/jobs/{job_id}"

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""
    job_id: str = field(converter=_lower)
    """UUID of the job."""


AnyURL: TypeAlias = OrganizationURL | PipelineURL | BuildURL | JobURL
"""Any of the URLs, for a `match` statement that handles each kind."""

U = TypeVar("U", bound=BuildkiteURL[Any])
_KINDS: Final = (OrganizationURL, PipelineURL, BuildURL, JobURL)
"""Each has one part more than the one before."""
_PATH: Final = re.compile(
    "/v2/organizations/(?P<organization>[^/]+)"
    "(?:/pipelines/(?P<pipeline>[^/]+)(?:/builds/(?P<number>[^/]+)(?:/jobs/(?P<job_id>[^/]+))?)?)?"
)
"""Path in the API of the kinds, and of what is below them."""
_VARIABLES: Final = ("BUILDKITE_ORGANIZATION_SLUG", "BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER")
_LIKE_UUID: Final = re.compile("[0-9A-Fa-f]{8}-")


@overload
def parse(url: str, *, base_url: str = API_URL) -> AnyURL: ...


@overload
def parse(url: str, kind: type[U], *, base_url: str = API_URL) -> U: ...


def parse(url: str, kind: type[BuildkiteURL[Any]] = BuildkiteURL, *, base_url: str = API_URL) -> BuildkiteURL[Any]:
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

    Raises:
        ValueError: It is not such a URL, or `base_url` is not a URL without a user, query or fragment.
    """
    check_base_url("base_url", base_url, API_URL)
    check_has_no_version("base_url", base_url)
    found = _find(url.strip(), base_url.rstrip("/"))
    if isinstance(found, kind):
        return found
    parts: tuple[Any, ...] = found.args
    count = len(attrs.fields(kind))
    if len(parts) < count:
        raise ValueError(
            f"the URL is a {type(found).__name__}, not a {kind.__name__}. Pass one of the form {WEB_URL}{kind.web}"
        )
    return kind(*parts[:count])


def _find(url: str, base_url: str) -> AnyURL:
    """Return the smallest object that `url` is in. Messages have no text of it, which may be a credential."""
    parts = _split(url)
    path = _path_below(parts, base_url)
    is_api = path is not None and path.startswith("/v2/")
    if not is_api and (page := _path_below(parts, WEB_URL)) is not None:
        path = _path_of_page(page)
    if path is None:
        raise ValueError(f"the URL is not one of Buildkite. Pass one such as {WEB_URL}/acme/web/builds/42")
    if has_dot_segments(path) or "//" in path:
        raise ValueError("the URL has an empty segment or a dot segment")
    found = _match(path)
    if isinstance(found, BuildURL) and (job_id := _job_on_page(parts)) is not None:
        return JobURL(*found.args, job_id)
    return found


def _path_of_page(page: str) -> str:
    """Return the path in the API of what a web page shows."""
    first, *rest = page.removeprefix("/").split("/")
    if first == "organizations":
        return f"/v2{page}"
    return "/".join(["/v2/organizations", first, *(rest and ["pipelines", *rest])])


def _split(url: str) -> SplitResult:
    """Return the parts of a URL, whose scheme may be missing."""
    if not url.isprintable() or " " in url:
        raise ValueError("the URL contains a space or a control character")
    try:
        parts = urlsplit(url if "://" in url else f"https://{url.removeprefix('//')}")
        origin_of(parts.geturl())
    except ValueError:
        raise ValueError("the URL is invalid or contains a user") from None
    return parts


def _path_below(parts: SplitResult, base: str) -> str | None:
    """Return the path below that of `base`, or None if it is not below it."""
    root = urlsplit(base)
    is_http = parts.scheme in ("http", "https")
    is_below = is_http and _site(parts) == _site(root) and f"{parts.path}/".startswith(f"{root.path}/")
    return parts.path.removeprefix(root.path).removesuffix("/") if is_below else None


def _site(parts: SplitResult) -> tuple[str, int | None]:
    """Return the host without `www`, and the port, or None for the default ports of `http` and `https`."""
    scheme, host, port = origin_of(parts.geturl())
    is_default = (scheme, port) in (("http", 80), ("https", 443))
    return host.removeprefix("www."), None if is_default else port


def _match(path: str) -> AnyURL:
    """Return the smallest object whose path in the API `path` starts with."""
    found = _PATH.match(path)
    parts: list[Any] = []
    for name, text in found.groupdict().items() if found is not None else ():
        if text is None or _is_page(name, text):
            break
        parts.append(int(text) if name == "number" and _NUMBER.fullmatch(text) else text)
    if not parts:
        raise ValueError("the URL is not that of an object of an organization")
    return _KINDS[len(parts) - 1](*parts)


def _job_on_page(parts: SplitResult) -> str | None:
    """Return the UUID of the job that the page of a build shows, or None."""
    [job_id] = parse_qs(parts.query).get("jid", [""])[:1]
    fragment = re.split("[/?&]", parts.fragment)[0]
    return job_id or (fragment if _LIKE_UUID.match(fragment) else None)


def current_build() -> BuildURL:
    """Return the URL of the build of this job: `client.builds.get(*urls.current_build().args)`. Nothing is sent.

    The agent sets `BUILDKITE_ORGANIZATION_SLUG`, `BUILDKITE_PIPELINE_SLUG` and `BUILDKITE_BUILD_NUMBER` in each job.

    Raises:
        ConfigurationError: One of them is not set, as outside of a job, or is not such a slug or number.

    Source: https://buildkite.com/docs/pipelines/configure/environment-variables
    """
    values = [os.environ.get(name, "") for name in _VARIABLES]
    for name, value in zip(_VARIABLES, values, strict=True):
        if not value:
            raise ConfigurationError(f"{name} is not set, as outside of a job. Run this in a job, or set it")
    organization, pipeline, number = values
    try:
        return BuildURL(organization, pipeline, int(number))
    except ValueError:
        raise ConfigurationError(
            f"{', '.join(_VARIABLES)} are not those of a build. Set them as an agent does"
        ) from None
