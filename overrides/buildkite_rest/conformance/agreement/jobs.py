"""Agreements about jobs: their environment and their log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_array, as_object
from ..filters import at
from .differences import BLANK
from .reading import Comparison, Read
from .relations import Get

#: Environment variables of a job, by operation and property. From the page on environment variables.
_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "getBuild": {
        "BUILDKITE_BUILD_ID": "id",
        "BUILDKITE_BUILD_NUMBER": "number",
        "BUILDKITE_BRANCH": "branch",
        "BUILDKITE_TAG": "tag",
        "BUILDKITE_COMMIT": "commit",
        "BUILDKITE_MESSAGE": "message",
        "BUILDKITE_BUILD_URL": "web_url",
        "BUILDKITE_SOURCE": "source",
        "BUILDKITE_REBUILT_FROM_BUILD_ID": "rebuilt_from/id",
        "BUILDKITE_REBUILT_FROM_BUILD_NUMBER": "rebuilt_from/number",
        "BUILDKITE_BUILD_CREATOR": "creator/name",
        "BUILDKITE_BUILD_CREATOR_EMAIL": "creator/email",
        "BUILDKITE_BUILD_AUTHOR": "author/name",
        "BUILDKITE_BUILD_AUTHOR_EMAIL": "author/email",
        "BUILDKITE_PULL_REQUEST": "pull_request/id",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "pull_request/base",
        "BUILDKITE_PULL_REQUEST_REPO": "pull_request/repository",
        "BUILDKITE_CLUSTER_ID": "cluster_id",
    },
    "getJobInBuild": {
        "BUILDKITE_JOB_ID": "id",
        "BUILDKITE_COMMAND": "command",
        "BUILDKITE_LABEL": "name",
        "BUILDKITE_STEP_KEY": "step_key",
        "BUILDKITE_AGENT_ID": "agent/id",
        "BUILDKITE_AGENT_NAME": "agent/name",
        "BUILDKITE_RETRY_COUNT": "retries_count",
        "BUILDKITE_PARALLEL_JOB": "parallel_group_index",
        "BUILDKITE_PARALLEL_JOB_COUNT": "parallel_group_total",
        "BUILDKITE_ARTIFACT_PATHS": "artifact_paths",
    },
    "getPipeline": {
        "BUILDKITE_PIPELINE_ID": "id",
        "BUILDKITE_PIPELINE_NAME": "name",
        "BUILDKITE_PIPELINE_SLUG": "slug",
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "default_branch",
        "BUILDKITE_PIPELINE_PROVIDER": "provider/id",
        "BUILDKITE_REPO": "repository",
    },
    "getOrganization": {"BUILDKITE_ORGANIZATION_ID": "id", "BUILDKITE_ORGANIZATION_SLUG": "slug"},
}
#: Values of variables without a value.
_NOTHING: Final = (None, "", "false", "0")
#: Properties that only some jobs have. The environment of a job with each is compared.
_RARE: Final = ("parallel_group_index", "retries_count", "artifact_paths", "step_key")
#: Agents of running jobs of a build to read.
_AGENTS: Final = 2
#: Header of a group of lines in a log, after the time that the agent writes before each line.
_HEADER: Final = re.compile(r"^\x1b_bk;t=\d+\x07(?:~~~|---|\+\+\+) ", re.MULTILINE)


def environment(read: Read, get: Get) -> Comparison:
    """Check that the environment of a job has the values of the job and its build."""
    response = read.get(get)
    environment = as_object(as_object(response.body).get("env"))
    responses = [response]
    for name, variables in _VARIABLES.items():
        other = read.other(name, get)
        # A pipeline may have changed since the job.
        if other is None or not other.ok or (name not in ("getBuild", "getJobInBuild") and not read.is_local):
            continue
        responses.append(other)
        for variable, key in variables.items():
            found, expected = environment.get(variable), at(other.body, key)
            if (message := _difference(variable, found, key, expected, is_local=read.is_local)) is not None:
                return f"{message} of {name}", responses
        given = as_object(as_object(other.body).get("env"))
        lost = sorted(given.keys() - environment.keys())
        if name == "getBuild" and response.ok and lost:
            return f"{lost[0]} is in env of {name} only", responses
    return None, responses


def other_environments(read: Read, get: Get) -> Comparison:
    """Check the environments of jobs of a build that have what few jobs have, on a server on this machine."""
    build = read.get(get)
    jobs = [as_object(each) for each in as_array(as_object(build.body).get("jobs"))]
    for name in _RARE if read.is_local and build.ok else ():
        # The last one is the one that differs most from the first.
        job = next((each for each in reversed(jobs) if each.get(name) not in BLANK), None)
        response = None if job is None else read.other("getJobEnvInBuild", _of_job(get, job))
        if job is None or response is None or not response.ok:
            continue
        variables = as_object(as_object(response.body).get("env"))
        for variable, key in _VARIABLES["getJobInBuild"].items():
            message = _difference(variable, variables.get(variable), key, at(job, key), is_local=True)
            if message is not None:
                return f"{message} of {job.get('id')} in getBuild", [build, response]
    return None, [build]


def busy_agents(read: Read, get: Get) -> Comparison:
    """Check that the agents of running jobs have a job, on a server on this machine."""
    build = read.get(get)
    jobs = [as_object(each) for each in as_array(as_object(build.body).get("jobs"))]
    running = [job for job in jobs if job.get("state") == "running" and at(job, "agent/id")]
    responses = [build]
    for job in running[:_AGENTS] if read.is_local else ():
        agent = read.other("getAgent", evolve(get, values={**get.values, "agent_id": str(at(job, "agent/id"))}))
        if agent is None or not agent.ok:
            continue
        responses.append(agent)
        if "job" in as_object(agent.body) and agent.body["job"] is None:
            return f"the agent of the running job {job.get('id')} has no job", responses
    return None, responses


def _of_job(get: Get, job: Mapping[str, Any]) -> Get:
    return evolve(get, values={**get.values, "job_id": str(job.get("id"))})


def _difference(variable: str, found: object, key: str, expected: object, *, is_local: bool) -> str | None:
    """Return how a variable differs from a property. Without a value, it has none either."""
    is_wrong = found != str(expected) if expected is not None else is_local and found not in _NOTHING
    return f"{variable} is {found!r}, {key} is {expected!r}" if isinstance(found, str) and is_wrong else None


def log_text(read: Read, get: Get) -> Comparison:
    """Check that the content of a log is its text."""
    log, text = read.get(get), read.get(evolve(get, accept="text/plain"))
    content = as_object(log.body).get("content")
    is_known = "utf-8" in text.headers.get("Content-Type", "").lower() and text.ok and log.ok
    if not is_known or not isinstance(content, str) or "\ufffd" in content + text.text or content == text.text:
        return None, [log, text]
    if as_object(read.get(evolve(get, again=True)).body).get("content") != content:
        return None, [log, text]  # the job runs
    return f"content has {len(content)} characters, the log as text/plain has {len(text.text)} or others", [log, text]


def header_times(read: Read, get: Get) -> Comparison:
    """Check that each group of lines in a log has a time, on a server on this machine."""
    log = read.get(get)
    content, times = as_object(log.body).get("content"), as_object(log.body).get("header_times")
    if not read.is_local or not log.ok or not isinstance(content, str):
        return None, [log]
    headers, number = len(_HEADER.findall(content)), len(as_array(times))
    return f"header_times has {number} times, the content has {headers} headers" if headers != number else None, [log]
