"""Agreements that the API's documentation states, and that do not follow from names and paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from attrs import evolve

from ..._base.json_values import as_array, as_object
from ..invariants.nodes import is_number
from ..page_items import items_of
from ..traffic import Response
from .differences import difference
from .relations import Get

#: A problem of some responses, if there is one, and these responses.
Comparison: TypeAlias = tuple[str | None, Sequence[Response]]


#: Items of a page.
_PAGE: Final = 100


class Read(Protocol):
    """Sends requests."""

    def get(self, get: Get) -> Response:
        """Return the response to a request."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        ...

    def other(self, operation_id: str, get: Get, query: Mapping[str, Any] | None = None) -> Response | None:
        """Return the response of another operation on the same object, or None if the spec does not have it."""
        ...


Fact: TypeAlias = Callable[[Read, Get], Comparison]

#: Environment variables of a job, by operation and property. From the page on environment variables.
_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "getBuild": {
        "BUILDKITE_BUILD_ID": "id",
        "BUILDKITE_BUILD_NUMBER": "number",
        "BUILDKITE_BRANCH": "branch",
        "BUILDKITE_COMMIT": "commit",
        "BUILDKITE_MESSAGE": "message",
        "BUILDKITE_BUILD_URL": "web_url",
        "BUILDKITE_SOURCE": "source",
    },
    "getJobInBuild": {"BUILDKITE_JOB_ID": "id", "BUILDKITE_COMMAND": "command", "BUILDKITE_LABEL": "name"},
}


def _token_user(read: Read, get: Get) -> Comparison:
    """Check that the user of the token is the current user."""
    token, user = read.get(get), read.other("getUser", get)
    if user is None or not token.ok or not user.ok:
        return None, [token]
    message = difference(as_object(token.body).get("user"), user.body)
    return _about(message, get, user), [token, user]


def _member(read: Read, get: Get) -> Comparison:
    """Check that the current user as a member has the same name and e-mail address."""
    members, user = read.get(get), read.other("getUser", get)
    if user is None or not members.ok or not user.ok:
        return None, [members]
    identifier = as_object(user.body).get("id")
    own = next((each for each in items_of(members.body) or () if as_object(each).get("id") == identifier), None)
    return _about(None if own is None else difference(own, user.body), get, user), [members, user]


def _rate_limit(read: Read, get: Get) -> Comparison:
    """Check that the limit of the organization is that of the headers."""
    response = read.get(get)
    rest = as_object(as_object(as_object(response.body).get("scopes")).get("rest"))
    header, limit = response.headers.get("RateLimit-Limit"), rest.get("limit")
    if not response.ok or header is None or limit is None or header == str(limit):
        return None, [response]
    return f"scopes.rest.limit is {limit}, RateLimit-Limit is {header}", [response]


def _environment(read: Read, get: Get) -> Comparison:
    """Check that the environment of a job has the values of the job and its build."""
    response = read.get(get)
    environment = as_object(as_object(response.body).get("env"))
    responses = [response]
    for name, variables in _VARIABLES.items():
        other = read.other(name, get)
        if other is None or not other.ok:
            continue
        responses.append(other)
        for variable, key in variables.items():
            found, expected = environment.get(variable), as_object(other.body).get(key)
            if isinstance(found, str) and expected is not None and found != str(expected):
                return f"{variable} is {found!r}, {key} of {name} is {expected!r}", responses
    return None, responses


def _state_counts(read: Read, get: Get) -> Comparison:
    """Check that `job_state_counts` counts all jobs of a build."""
    build, jobs = read.get(get), read.other("listJobs", get)
    counts = as_object(as_object(build.body).get("job_state_counts"))
    if jobs is None or not jobs.ok or not counts or as_object(as_object(jobs.body).get("links")).get("next"):
        return None, [build]
    total, listed = sum(value for value in counts.values() if isinstance(value, int)), len(items_of(jobs.body) or ())
    current = [job for job in items_of(jobs.body) or () if as_object(job).get("retried") is not True]
    if len(current) <= total <= listed:
        return None, [build, jobs]
    return f"job_state_counts adds up to {total}, but there are {listed} jobs", [build, jobs]


def _team_of_member(read: Read, get: Get) -> Comparison:
    """Check that the members of a team are members of the organization with the same names."""
    team, members = read.get(get), read.other("listOrganizationMembers", get)
    if members is None or not team.ok or not members.ok or "next" in members.headers.get("Link", ""):
        return None, [team]
    names = {as_object(each).get("id"): as_object(each).get("name") for each in as_array(members.body)}
    for each in as_array(team.body):
        identifier, name = as_object(each).get("user_id"), as_object(each).get("user_name")
        if identifier not in names:
            return f"{identifier} is in the team, but not a member of the organization", [team, members]
        if name is not None and names[identifier] is not None and name != names[identifier]:
            return f"{identifier} is {name!r} in the team and {names[identifier]!r} in the organization", [
                team,
                members,
            ]
    return None, [team, members]


def _organization_id(read: Read, get: Get) -> Comparison:
    """Check that `organization_id` and `organization_uuid` are the id of the organization."""
    response, organization = read.get(get), read.other("getOrganization", get)
    if organization is None or not response.ok or not organization.ok:
        return None, [response]
    expected = as_object(organization.body).get("id")
    for item in items_of(response.body) or [response.body]:
        for name in ("organization_id", "organization_uuid"):
            if as_object(item).get(name, expected) != expected:
                return f"{name} is {item[name]} instead of {expected}", [response, organization]
    return None, [response, organization]


def _log_text(read: Read, get: Get) -> Comparison:
    """Check that the content of a log is its text."""
    log, text = read.get(get), read.get(evolve(get, accept="text/plain"))
    content = as_object(log.body).get("content")
    is_known = "utf-8" in text.headers.get("Content-Type", "").lower() and text.ok and log.ok
    if not is_known or not isinstance(content, str) or "\ufffd" in content + text.text or content == text.text:
        return None, [log, text]
    return f"content has {len(content)} characters, the log as text/plain has {len(text.text)} or others", [log, text]


def _build_counts(read: Read, get: Get) -> Comparison:
    """Check that a pipeline counts its builds. On Buildkite itself the counts may be out of date."""
    pipeline = read.get(get)
    count = as_object(pipeline.body).get("running_builds_count")
    responses = [pipeline]
    listed: list[int] = []
    for state in ("running", "failing", "canceling") if read.is_local and is_number(count) else ():
        builds = read.other("listBuilds", get, {"state": state, "per_page": _PAGE})
        if builds is None or not builds.ok or len(as_array(builds.body)) == _PAGE:
            return None, responses
        responses.append(builds)
        listed.append(len(as_array(builds.body)))
    # A failing build is still running.
    if not is_number(count) or not listed or listed[0] <= count <= sum(listed):
        return None, responses
    return f"running_builds_count is {count}, but {listed[0]} running builds are listed", responses


def _about(message: str | None, get: Get, other: Response) -> str | None:
    return None if message is None else f"{get.operation.id} differs from {other.operation.id}: {message}"


FACTS: Final[Mapping[str, tuple[Fact, ...]]] = {
    "getAccessToken": (_token_user,),
    "listOrganizationMembers": (_member,),
    "getRateLimit": (_rate_limit,),
    "getJobEnvInBuild": (_environment,),
    "getJobLog": (_log_text,),
    "getJobLogInBuild": (_log_text,),
    "getPipeline": (_build_counts,),
    "getBuild": (_state_counts,),
    "listTeamMembers": (_team_of_member,),
    **dict.fromkeys(
        ("listRules", "getRule", "listPortals", "getPortal", "listTestSuites", "getTestSuite"), (_organization_id,)
    ),
}
"""Facts by the id of the operation."""
