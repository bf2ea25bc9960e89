"""Agreements of an object and what belongs to it: a build and its artifacts, a connection and its repositories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_array, as_object
from ..invariants.nodes import is_number
from ..invariants.times import time_of
from ..objects import PathValues
from ..page_items import items_of
from ..urls import url_parts
from .absence import CONNECTED
from .reading import PAGE, Comparison, Read
from .relations import Get

#: Retried jobs of a build to compare.
_JOBS: Final = 2
_NANOSECONDS: Final = 1_000_000_000
#: Time by which those in a log may differ from those of its job.
_TOLERANCE: Final = timedelta(seconds=1)


def retried_artifacts(read: Read, get: Get) -> Comparison:
    """Check that the artifacts of retried jobs are among those of their build, on a server on this machine."""
    first = read.get(get)
    for _, values in _retried(read, get)[:_JOBS]:
        job = evolve(get, values=values)
        listed, own = read.other("listBuildArtifacts", job, {"per_page": PAGE}), read.other("listJobArtifacts", job)
        if listed is None or own is None or not listed.ok or not own.ok or len(as_array(listed.body)) == PAGE:
            continue
        known = {as_object(each).get("id") for each in as_array(listed.body)}
        for each in map(as_object, as_array(own.body)):
            if each.get("id") not in known:
                return f"{each.get('id')} of a retried job is not among the artifacts of the build", [listed, own]
    return None, [first]


def attempts(read: Read, get: Get) -> Comparison:
    """Check that retried jobs have their own environment and log, not those of a retry, on a server on this machine."""
    first = read.get(get)
    for job, values in _retried(read, get)[:_JOBS]:
        target = evolve(get, values=values)
        environment, log = (read.other(name, target) for name in ("getJobEnvInBuild", "getJobLogInBuild"))
        if environment is None or log is None:
            continue
        found = as_object(as_object(environment.body).get("env")).get("BUILDKITE_JOB_ID", job.get("id"))
        if found != job.get("id"):
            return f"BUILDKITE_JOB_ID of {job.get('id')} is {found}", [first, environment]
        begin, end = time_of(job.get("started_at")), time_of(job.get("finished_at"))
        for time in filter(is_number, as_array(as_object(log.body).get("header_times"))):
            moment = datetime.fromtimestamp(time / _NANOSECONDS, UTC)
            if begin and end and not begin - _TOLERANCE <= moment <= end + _TOLERANCE:
                return f"a line of the log of {job.get('id')} was written before or after the job", [first, log]
    return None, [first]


def repository_hosts(read: Read, get: Get) -> Comparison:
    """Check that repositories are at the host of their connection, on a server on this machine."""
    listed, connection = read.get(get), read.other("getRepositoryConnection", get)
    urls = as_object(as_object(connection and connection.body).get("host")).get("url")
    if not read.is_local or connection is None or not listed.ok or not isinstance(urls, str):
        return None, [listed]
    hosts = {url_parts(each.strip()).netloc for each in urls.split(",")}
    for item in map(as_object, as_array(listed.body)):
        for name in ("html_url", "clone_url"):
            if isinstance(url := item.get(name), str) and url_parts(url).netloc not in hosts:
                return f"{name} is {url}, the host of the connection is {urls}", [listed, connection]
    return None, [listed, connection]


def hosted_ranges(read: Read, get: Get) -> Comparison:
    """Check that a cluster without hosted queues has no network ranges."""
    listed, queues = read.get(get), read.other("listClusterQueues", get, {"per_page": PAGE})
    if queues is None or not queues.ok or not items_of(listed.body) or len(items_of(queues.body) or ()) == PAGE:
        return None, [listed]
    if any(as_object(each).get("hosted") is True for each in items_of(queues.body) or ()):
        return None, [listed, queues]
    return "a cluster without hosted queues has network ranges", [listed, queues]


def connected_agents(read: Read, get: Get) -> Comparison:
    """Check that only agents that are connected or stopping are listed."""
    listed = read.get(get)
    for agent in map(as_object, as_array(listed.body)):
        if agent.get("connection_state", CONNECTED[0]) not in CONNECTED:
            return f"the agent {agent.get('id')} is listed, and {agent['connection_state']}", [listed]
    return None, [listed]


def _retried(read: Read, get: Get) -> list[tuple[Mapping[str, Any], PathValues]]:
    """Return retried jobs that have run, each with its path parameters, on a server on this machine."""
    query = {"include_retried_jobs": "true", "per_page": PAGE}
    builds = read.other("listOrganizationBuilds", get, query) if read.is_local else None
    return [
        (job, {**get.values, "pipeline": build["pipeline"]["slug"], "number": build["number"], "job_id": job["id"]})
        for build in map(as_object, as_array(builds.body) if builds is not None and builds.ok else ())
        for job in map(as_object, as_array(build.get("jobs")))
        if job.get("retried") is True and job.get("started_at")
    ]
