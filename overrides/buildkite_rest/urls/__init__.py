"""URLs of Buildkite: those of its web pages and those of its API.

    from buildkite_rest import urls

    url = urls.parse("https://buildkite.com/acme/web/builds/42", urls.BuildURL)
    build = client.builds.get(*url.args)
    print(url.web_url, url.api_url)

`parse` returns a `BuildURL`, a `JobURL` or another of the classes below. They can also be made of their parts:
`urls.BuildURL("acme", "web", 42).web_url`. Nothing is sent: the object need not exist.
"""

from _buildkite_rest.public_names import name_classes

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
from ._parsing import current_build, parse

__all__ = [
    "API_URL",
    "WEB_URL",
    "AgentURL",
    "AnyURL",
    "ArtifactURL",
    "BuildURL",
    "BuildkiteURL",
    "ClusterQueueURL",
    "ClusterURL",
    "JobURL",
    "OrganizationURL",
    "PipelineURL",
    "SuiteURL",
    "current_build",
    "parse",
]

name_classes(globals())
