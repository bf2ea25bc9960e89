"""URLs of Buildkite: those of its web pages and those of its API.

    from buildkite_rest import urls

    url = urls.parse("https://buildkite.com/acme/web/builds/42", urls.BuildURL)
    build = client.builds.get(*url.args)
    print(url.web_url, url.api_url)

`parse` returns a `BuildURL`, a `JobURL` or another of the classes below. They can also be made of their parts:
`urls.BuildURL("acme", "web", 42).web_url`. Nothing is sent: the object need not exist.
"""

from _buildkite_rest.public_names import name_classes

from ._environment import current_build as current_build
from ._kinds import API_URL as API_URL
from ._kinds import WEB_URL as WEB_URL
from ._kinds import AgentURL as AgentURL
from ._kinds import AnyURL as AnyURL
from ._kinds import ArtifactURL as ArtifactURL
from ._kinds import BuildkiteURL as BuildkiteURL
from ._kinds import BuildURL as BuildURL
from ._kinds import ClusterQueueURL as ClusterQueueURL
from ._kinds import ClusterURL as ClusterURL
from ._kinds import JobURL as JobURL
from ._kinds import OrganizationURL as OrganizationURL
from ._kinds import PipelineURL as PipelineURL
from ._kinds import SuiteURL as SuiteURL
from ._parsing import parse as parse

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
