"""The kinds of URLs, their parts, and the templates of their paths."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, TypeAlias
from urllib.parse import quote

import attrs
from attrs import field, frozen

from .._base.arguments import check_int, check_type

UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MAX_NUMBER: Final = 10**18 - 1
"""The largest number of a build in a URL."""
_SLUG: Final = re.compile(r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*")
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
        "organizations",
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
        "-",
        "~",
    }
)
"""First segments of pages of buildkite.com that are not in an organization. `-` and `~` are the selected one."""
_PAGES: Final = {"organization": _SITE_PAGES, "number": frozenset({"latest", "new"})}
_NEW: Final = frozenset({"new"})
WEB_URL: Final = "https://buildkite.com"
"""Origin of the web pages."""
API_URL: Final = "https://api.buildkite.com"
"""Origin of the REST API."""


def is_slug(text: str) -> bool:
    """Whether `text` may be a slug. A full stop at its end is that of a sentence."""
    return _SLUG.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID."""
    return UUID.fullmatch(text) is not None


def is_page(part: str, text: str) -> bool:
    """Whether the URL with `text` in place of a part is that of a page of the parent, such as `/clusters/new`."""
    return text.lower() in _PAGES.get(part, _NEW)


def _lower(value: str) -> str:
    """Return a UUID in lower case, as the API writes it. Other types are refused later."""
    return value.lower() if isinstance(value, str) else value  # pyright: ignore[reportUnnecessaryIsInstance]


@frozen
class BuildkiteURL:
    """Base class of the URLs of the objects of an organization."""

    web: ClassVar[str]
    """Template of `web_path`."""
    api: ClassVar[str]
    """Template of `api_path`."""
    title: ClassVar[str]
    """Name of the object, for messages."""
    parent: ClassVar[type[BuildkiteURL] | None] = None
    """The kind of the object that this one is part of. Its parts are among those of this kind."""

    organization: str
    """Slug of the organization."""

    def __attrs_post_init__(self) -> None:
        if type(self) is BuildkiteURL:
            raise TypeError("BuildkiteURL is a base class. Make one of its subclasses, such as BuildURL")
        for name, value in attrs.asdict(self).items():
            _check_part(name, value)

    @property
    def web_url(self) -> str:
        """URL of the page on buildkite.com."""
        return f"{WEB_URL}{self.web_path}"

    @property
    def web_path(self) -> str:
        """Path of the page, percent-encoded. That of a job has a fragment."""
        return self._fill(self.web)

    @property
    def api_url(self) -> str:
        """URL in the REST API."""
        return f"{API_URL}{self.api_path}"

    @property
    def api_path(self) -> str:
        """Path in the REST API, percent-encoded: `/v2/…`."""
        return self._fill(self.api)

    def _fill(self, template: str) -> str:
        parts: dict[str, Any] = attrs.asdict(self)
        return template.format_map({name: quote(str(part), safe="") for name, part in parts.items()})


def _check_part(name: str, value: Any) -> None:
    title = f"{name} of the URL"
    if name == "number":
        check_int(title, value, minimum=1)
        if value > MAX_NUMBER:
            raise ValueError(f"{title} must be at most {MAX_NUMBER}")
        return
    check_type(title, value, str, "a str")
    if name.endswith("_id"):
        if not is_uuid(value):
            raise ValueError(f"{title} must be a UUID")
    elif not is_slug(value) or is_page(name, value):
        raise ValueError(f"{title} must be a slug: letters, digits, hyphens. It must not be the name of a page")


@frozen
class OrganizationURL(BuildkiteURL):
    """URL of an organization."""

    web = "/{organization}"
    api = "/v2/organizations/{organization}"
    title = "an organization"

    @property
    def args(self) -> tuple[str]:
        """The arguments of a method: `organizations.get(*url.args)`."""
        return (self.organization,)


@frozen
class PipelineURL(BuildkiteURL):
    """URL of a pipeline."""

    web = "/{organization}/{pipeline}"
    api = OrganizationURL.api + "/pipelines/{pipeline}"
    title = "a pipeline"
    parent = OrganizationURL

    pipeline: str
    """Slug of the pipeline."""

    @property
    def args(self) -> tuple[str, str]:
        """The arguments of a method: `pipelines.get(*url.args)`."""
        return self.organization, self.pipeline


@frozen
class BuildURL(BuildkiteURL):
    """URL of a build."""

    web = PipelineURL.web + "/builds/{number}"
    api = PipelineURL.api + "/builds/{number}"
    title = "a build"
    parent = PipelineURL

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""

    @property
    def args(self) -> tuple[str, str, int]:
        """The arguments of a method: `builds.get(*url.args)`."""
        return self.organization, self.pipeline, self.number


@frozen
class JobURL(BuildkiteURL):
    """URL of a job."""

    web = BuildURL.web + "#{job_id}"
    api = BuildURL.api + "/jobs/{job_id}"
    title = "a job"
    parent = BuildURL

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""
    job_id: str = field(converter=_lower)
    """UUID of the job."""

    @property
    def args(self) -> tuple[str, str, int, str]:
        """The arguments of a method: `jobs.get_in_build(*url.args)`."""
        return self.organization, self.pipeline, self.number, self.job_id


@frozen
class ArtifactURL(BuildkiteURL):
    """URL of an artifact."""

    web = "/organizations/{organization}/pipelines/{pipeline}/builds/{number}/jobs/{job_id}/artifacts/{artifact_id}"
    api = JobURL.api + "/artifacts/{artifact_id}"
    title = "an artifact"
    parent = JobURL

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""
    job_id: str = field(converter=_lower)
    """UUID of the job."""
    artifact_id: str = field(converter=_lower)
    """UUID of the artifact."""

    @property
    def args(self) -> tuple[str, str, int, str, str]:
        """The arguments of a method: `artifacts.get_in_build(*url.args)`."""
        return self.organization, self.pipeline, self.number, self.job_id, self.artifact_id


@frozen
class AgentURL(BuildkiteURL):
    """URL of an agent."""

    web = "/organizations/{organization}/agents/{agent_id}"
    api = OrganizationURL.api + "/agents/{agent_id}"
    title = "an agent"
    parent = OrganizationURL

    agent_id: str = field(converter=_lower)
    """UUID of the agent."""

    @property
    def args(self) -> tuple[str, str]:
        """The arguments of a method: `agents.get(*url.args)`."""
        return self.organization, self.agent_id


@frozen
class ClusterURL(BuildkiteURL):
    """URL of a cluster."""

    web = "/organizations/{organization}/clusters/{cluster_id}"
    api = OrganizationURL.api + "/clusters/{cluster_id}"
    title = "a cluster"
    parent = OrganizationURL

    cluster_id: str = field(converter=_lower)
    """UUID of the cluster."""

    @property
    def args(self) -> tuple[str, str]:
        """The arguments of a method: `clusters.get(*url.args)`."""
        return self.organization, self.cluster_id


@frozen
class ClusterQueueURL(BuildkiteURL):
    """URL of a queue of a cluster."""

    web = ClusterURL.web + "/queues/{queue_id}"
    api = ClusterURL.api + "/queues/{queue_id}"
    title = "a queue of a cluster"
    parent = ClusterURL

    cluster_id: str = field(converter=_lower)
    """UUID of the cluster."""
    queue_id: str = field(converter=_lower)
    """UUID of the queue."""

    @property
    def args(self) -> tuple[str, str, str]:
        """The arguments of a method: `cluster_queues.get(*url.args)`."""
        return self.organization, self.cluster_id, self.queue_id


@frozen
class SuiteURL(BuildkiteURL):
    """URL of a test suite."""

    web = "/organizations/{organization}/analytics/suites/{suite}"
    api = "/v2/analytics/organizations/{organization}/suites/{suite}"
    title = "a test suite"
    parent = OrganizationURL

    suite: str
    """Slug of the suite."""

    @property
    def args(self) -> tuple[str, str]:
        """The arguments of a method: `test_suites.get(*url.args)`."""
        return self.organization, self.suite


AnyURL: TypeAlias = (
    OrganizationURL | PipelineURL | BuildURL | JobURL | ArtifactURL | AgentURL | ClusterURL | ClusterQueueURL | SuiteURL
)
"""Any of the URLs, for a `match` statement that handles each kind."""
