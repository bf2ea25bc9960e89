"""The kinds of URLs, their parts, and the templates of their paths."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

Args = TypeVar("Args")
"""Types of the parts of a kind."""
UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
SLUG: Final = re.compile(r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*")
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


def is_page(part: str, text: str) -> bool:
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
        is_valid, kind = NUMBER.fullmatch(str(value)) is not None, "an int of 1 to 18 digits"
    elif name.endswith("_id"):
        is_valid, kind = UUID.fullmatch(value) is not None, "a UUID"
    else:
        is_valid = SLUG.fullmatch(value) is not None and not is_page(name, value)
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


@frozen
class ArtifactURL(BuildkiteURL[tuple[str, str, int, str, str]]):
    """URL of an artifact."""

    web = "/organizations/{organization}/pipelines/{pipeline}/builds/{number}/jobs/{job_id}/artifacts/{artifact_id}"
    api = JobURL.api + "/artifacts/{artifact_id}"

    pipeline: str
    """Slug of the pipeline."""
    number: int
    """Number of the build within its pipeline."""
    job_id: str = field(converter=_lower)
    """UUID of the job."""
    artifact_id: str = field(converter=_lower)
    """UUID of the artifact."""


@frozen
class AgentURL(BuildkiteURL[tuple[str, str]]):
    """URL of an agent."""

    web = "/organizations/{organization}/agents/{agent_id}"
    api = OrganizationURL.api + "/agents/{agent_id}"

    agent_id: str = field(converter=_lower)
    """UUID of the agent."""


@frozen
class ClusterURL(BuildkiteURL[tuple[str, str]]):
    """URL of a cluster."""

    web = "/organizations/{organization}/clusters/{cluster_id}"
    api = OrganizationURL.api + "/clusters/{cluster_id}"

    cluster_id: str = field(converter=_lower)
    """UUID of the cluster."""


@frozen
class ClusterQueueURL(BuildkiteURL[tuple[str, str, str]]):
    """URL of a queue of a cluster."""

    web = ClusterURL.web + "/queues/{queue_id}"
    api = ClusterURL.api + "/queues/{queue_id}"

    cluster_id: str = field(converter=_lower)
    """UUID of the cluster."""
    queue_id: str = field(converter=_lower)
    """UUID of the queue."""


@frozen
class SuiteURL(BuildkiteURL[tuple[str, str]]):
    """URL of a test suite."""

    web = "/organizations/{organization}/analytics/suites/{suite}"
    api = "/v2/analytics/organizations/{organization}/suites/{suite}"

    suite: str
    """Slug of the suite."""


AnyURL: TypeAlias = (
    OrganizationURL | PipelineURL | BuildURL | JobURL | ArtifactURL | AgentURL | ClusterURL | ClusterQueueURL | SuiteURL
)
"""Any of the URLs, for a `match` statement that handles each kind."""
