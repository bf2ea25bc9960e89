"""Agreements that the API's documentation states, and that do not follow from names and paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_array, as_object
from ..effects.comparison import moment
from ..invariants.nodes import is_number
from ..page_items import items_of
from ..response_times import server_time
from ..traffic import Response
from .differences import difference
from .jobs import busy_agents, environment, header_times, log_text, other_environments
from .parents import attempts, connected_agents, hosted_ranges, repository_hosts, retried_artifacts
from .reading import PAGE, Comparison, Fact, Read
from .relations import Get
from .service_scopes import scope_kinds
from .test_engine import build_runs, durations, states
from .users import mentioned_user

#: Scopes of operations that need no object.
_SCOPES: Final = {"getUser": "read_user", "listOrganizations": "read_organizations", "listAllBuilds": "read_builds"}
#: Counts of builds by state, and further states that may be counted too: a failing build is still running.
#: Seconds in the windows of the limits.
_WINDOWS: Final = {"rest": 60, "graphql": 300}
#: Requests, or seconds, by which a header may differ from the body.
_REQUESTS: Final = 3
#: Time by which `reset_at` may differ from the clock of the server.
_CLOCKS: Final = timedelta(seconds=10)
_COUNTED: Final = {
    "running_builds_count": ("running", "failing", "canceling"),
    "scheduled_builds_count": ("scheduled", "creating"),
}
#: States of builds with jobs that have not finished.
_OPEN: Final = ("scheduled", "creating", "running", "failing", "canceling", "blocked")
#: States of jobs that a pipeline counts.
_COUNTED_JOBS: Final = ("scheduled", "running", "waiting")


def _token_user(read: Read, get: Get) -> Comparison:
    """Check that the user of the token is the current user."""
    token, user = read.other("getAccessToken", get), read.other("getUser", get)
    if user is None or token is None or not token.ok or not user.ok:
        return None, [read.get(get)]
    message = difference(as_object(token.body).get("user"), user.body)
    return _about(message, get, user), [token, user]


def _token_scopes(read: Read, get: Get) -> Comparison:
    """Check that the scopes of the token are those of the operations that it may call."""
    token = read.get(get)
    scopes = as_array(as_object(token.body).get("scopes"))
    for name, scope in _SCOPES.items() if token.ok else ():
        response = read.other(name, get)
        if response is not None and (response.ok or response.status == 403) and response.ok != (scope in scopes):
            verb = "has" if scope in scopes else "lacks"
            return f"the token {verb} {scope}, but {name} gets {response.status}", [token, response]
    return None, [token]


def _token_lifetime(read: Read, get: Get) -> Comparison:
    """Check that the token has not expired, because it works."""
    token = read.get(get)
    end = moment(as_object(token.body).get("expires_at"))
    if token.ok and end is not None and end < server_time(token.headers):
        return f"the token is accepted, although expires_at is {end.isoformat()}", [token]
    return None, [token]


def _member(read: Read, get: Get) -> Comparison:
    """Check that the current user as a member has the same name and e-mail address."""
    members, user = read.get(get), read.other("getUser", get)
    if user is None or not members.ok or not user.ok:
        return None, [members]
    identifier = as_object(user.body).get("id")
    own = next((each for each in items_of(members.body) or () if as_object(each).get("id") == identifier), None)
    if own is None and "next" not in members.headers.get("Link", "") and items_of(members.body):
        return f"the token's user {identifier} is not among the members", [members, user]
    sees_all = as_object(own).get("role") == "admin"
    for each in items_of(members.body) or ():
        is_visible = sees_all or as_object(each).get("id") == identifier
        if is_visible and own is not None and as_object(each).get("sso_mode") is None:
            return f"the member {as_object(each).get('id')} has no sso_mode", [members]
    return _about(None if own is None else difference(own, user.body), get, user), [members, user]


def _rate_limit(read: Read, get: Get) -> Comparison:
    """Check that the limit of the organization is that of the headers, and that requests are counted."""
    first = read.get(get)
    second = read.get(evolve(get, again=True))
    limits = [as_object(as_object(as_object(each.body).get("scopes")).get("rest")) for each in (first, second)]
    header, limit = first.headers.get("RateLimit-Limit"), limits[0].get("limit")
    if first.ok and header is not None and limit is not None and header != str(limit):
        return f"scopes.rest.limit is {limit}, RateLimit-Limit is {header}", [first]
    for name, window in _WINDOWS.items():
        reset = as_object(as_object(as_object(first.body).get("scopes")).get(name)).get("reset")
        if is_number(reset) and reset > window:
            return f"scopes.{name}.reset is {reset}, but its window has {window} seconds", [first]
    for name, found in as_object(as_object(second.body).get("scopes")).items():
        reset, at_time = as_object(found).get("reset"), moment(as_object(found).get("reset_at"))
        expected_time = server_time(second.headers) + timedelta(seconds=reset if is_number(reset) else 0)
        if second.ok and is_number(reset) and at_time and abs(at_time - expected_time) > _CLOCKS:
            return f"scopes.{name}.reset_at is {at_time}, but the window resets in {reset} seconds", [second]
    for name, expected in _window_headers(limits[1]):
        shown = second.headers.get(name, "")
        if second.ok and is_number(expected) and shown.isdecimal() and abs(int(shown) - expected) > _REQUESTS:
            return f"{name} is {shown} with scopes.rest {dict(limits[1])}", [second]
    (before, before_reset), (after, after_reset) = ((each.get("current"), each.get("reset")) for each in limits)
    # The number is the same again if single servers count, and begins anew in another window.
    is_same_window = is_number(before_reset) and is_number(after_reset) and after_reset <= before_reset
    if is_same_window and is_number(before) and is_number(after) and after < before:
        return f"scopes.rest.current is {before}, and {after} after another request", [first, second]
    return None, [first, second]


def _window_headers(window: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the headers about the limit of the organization, with their values in the body."""
    limit, current = window.get("limit"), window.get("current")
    if is_number(limit) and is_number(current):
        yield "RateLimit-Remaining", max(0, limit - current)
    yield "RateLimit-Reset", window.get("reset")


def _event_actors(read: Read, get: Get) -> Comparison:
    """Check that a user in an event is a member of the organization with the same name, if it still is a member."""
    events, members = read.get(get), read.other("listOrganizationMembers", get)
    if members is None or not events.ok or not members.ok:
        return None, [events]
    names = {as_object(each).get("id"): as_object(each).get("name") for each in as_array(members.body)}
    is_complete = "next" not in members.headers.get("Link", "")
    for event in items_of(events.body) or [events.body]:
        for role in ("actor", "subject"):
            party = as_object(as_object(event).get(role))
            kind, identifier, name = party.get("type"), party.get("uuid"), party.get("name")
            if kind == "User" and name is not None and names.get(identifier, name) != name:
                return f"{role}.name is {name!r} for the user {names[identifier]!r}", [events, members]
            if kind == "User" and is_complete and identifier not in names and name in names.values():
                return f"{role}.uuid is {identifier}, which is not {name!r}", [events, members]
            if kind != "User" and identifier in names:
                return f"{role} is a {kind} with the id of the user {names[identifier]!r}", [events, members]
    return None, [events, members]


def _state_counts(read: Read, get: Get) -> Comparison:
    """Check that `job_state_counts` counts all jobs of a build."""
    build, jobs = read.get(get), read.other("listJobs", get)
    counts = as_object(as_object(as_object(build.body).get("job_state_counts")).get("states"))
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


def _build_counts(read: Read, get: Get) -> Comparison:
    """Check that a pipeline counts its builds. On Buildkite itself the counts may be out of date."""
    pipeline = read.get(get)
    responses = [pipeline]
    for name, (state, *others) in _COUNTED.items() if read.is_local else ():
        count = as_object(pipeline.body).get(name)
        listed: list[int] = []
        for each in (state, *others) if is_number(count) else ():
            builds = read.other("listBuilds", get, {"state": each, "per_page": PAGE})
            if builds is None or not builds.ok or len(as_array(builds.body)) == PAGE:
                return None, responses
            responses.append(builds)
            listed.append(len(as_array(builds.body)))
        if is_number(count) and listed and not listed[0] <= count <= sum(listed):
            return f"{name} is {count}, but {listed[0]} {state} builds are listed", responses
    return None, responses


def _job_counts(read: Read, get: Get) -> Comparison:
    """Check that a pipeline counts the jobs of its open builds by state, on a server on this machine."""
    pipeline = read.get(get)
    states: Counter[str] = Counter()
    responses = [pipeline]
    for state in _OPEN if read.is_local else ():
        builds = read.other("listBuilds", get, {"state": state, "per_page": PAGE})
        if builds is None or not builds.ok or len(as_array(builds.body)) == PAGE:
            return None, responses
        responses.append(builds)
        jobs = (as_object(job) for build in as_array(builds.body) for job in as_array(as_object(build).get("jobs")))
        states.update(str(job.get("state")) for job in jobs if job.get("type") == "script" and not job.get("retried"))
    for state in _COUNTED_JOBS if states else ():
        name, found = f"{state}_jobs_count", as_object(pipeline.body).get(f"{state}_jobs_count")
        if is_number(found) and found != states[state]:
            return f"{name} is {found}, but {states[state]} {state} jobs are listed", responses
    return None, responses


def _run_result(read: Read, get: Get) -> Comparison:
    """Check that a run has failed if and only if one of its executions has."""
    run, failed = read.get(get), read.other("listFailedExecutions", get)
    result = as_object(run.body).get("result")
    if failed is None or not run.ok or not failed.ok or not isinstance(result, str):
        return None, [run]
    if (result == "failed") != bool(items_of(failed.body)):
        return f"result is {result!r}, but {len(items_of(failed.body) or ())} failed executions are listed", [
            run,
            failed,
        ]
    return None, [run, failed]


def _about(message: str | None, get: Get, other: Response) -> str | None:
    return None if message is None else f"{get.operation.id} differs from {other.operation.id}: {message}"


FACTS: Final[Mapping[str, tuple[Fact, ...]]] = {
    "getAccessToken": (_token_user, _token_scopes, _token_lifetime),
    "listNotificationServices": (scope_kinds,),
    "getUser": (_token_user, mentioned_user),
    "listOrganizationMembers": (_member,),
    "getRateLimit": (_rate_limit,),
    "getJobEnvInBuild": (environment,),
    "getJobLog": (log_text, header_times),
    "getJobLogInBuild": (log_text, header_times),
    "getPipeline": (_build_counts, _job_counts),
    "getBuild": (_state_counts, other_environments, busy_agents, build_runs),
    "listTeamMembers": (_team_of_member,),
    "listBuildArtifacts": (retried_artifacts,),
    "listJobs": (attempts,),
    "listConnectedRepositories": (repository_hosts,),
    "listClusterNetworkRanges": (hosted_ranges,),
    "listAgents": (connected_agents,),
    "getTestRun": (_run_result,),
    **dict.fromkeys(("listFailedExecutions", "listTests", "listBuildTests"), (durations,)),
    **dict.fromkeys(("listMutedTests", "listSkippedTests"), (states,)),
    **dict.fromkeys(("listAuditEvents", "getAuditEvent"), (_event_actors,)),
    **dict.fromkeys(
        ("listRules", "getRule", "listPortals", "getPortal", "listTestSuites", "getTestSuite"), (_organization_id,)
    ),
}
"""Facts by the id of the operation."""
