"""Operations that official tools call without documentation: step uploads, test plans, commits, preflight results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .. import lookup
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import require
from ..http.pagination import cursor_page
from ..http.routing import routes
from ..ids import Kind, graphql_id
from ..lookup import BUILD, build_url
from ..values import Json
from .jobs import Job
from .packages import upload_form
from .test_runs import BUILD_TESTS, failed_execution_json, find_build_in_path, runs_in, runs_of
from .test_suites import SUITE, Suite, Test, suites

_UPLOAD = re.compile(r"\bbuildkite-agent\s+pipeline\s+upload\b")


def _uploads(call: Call) -> dict[str, Job]:
    """Return the jobs of the build in the path that have uploaded its pipeline, by upload id, newest first."""
    jobs = [job for job in lookup.build(call).jobs if job.state == "passed" and _UPLOAD.search(job.step.command or "")]
    jobs.sort(key=lambda job: (job.finished_at or 0, job.index), reverse=True)
    return {call.backend.ids.make(Kind.STEP_UPLOAD, job.build.ordinal << 16 | job.index): job for job in jobs}


def _upload_json(call: Call, uuid: str, job: Job) -> Json:
    moment = iso(job.finished_at or 0)
    return {
        "uuid": uuid,
        "graphql_id": graphql_id("StepUpload", uuid),
        "state": "applied",
        "source": "job",
        "source_job_id": job.id,
        "replace_existing_steps": False,
        "created_jobs_count": len(job.build.current_jobs) - 1,
        "rejection_type": None,
        "message": None,
        "url": f"{build_url(call, job.build)}/step-uploads/{uuid}",
        "created_at": moment,
        "processed_at": moment,
    }


@routes.route("GET", f"{BUILD}/step-uploads", scope="read_builds")
def list_step_uploads(call: Call) -> Reply:
    job_id = call.query.mapping("filter").get("source_job_id")
    uploads = [pair for pair in _uploads(call).items() if job_id is None or pair[1].id == job_id.lower()]
    return cursor_page(call, uploads, lambda pair: pair[0], lambda pair: _upload_json(call, *pair))


@routes.route("GET", f"{BUILD}/step-uploads/{{step_upload_uuid}}", scope="read_builds")
def get_step_upload(call: Call) -> Reply:
    uuid = call.params["step_upload_uuid"]
    job = require(_uploads(call).get(uuid), "step upload")
    definition = job.build.pipeline.configuration or ""
    size = {"definition_bytes": len(definition.encode()), "definition_yaml_omitted": False}
    return json({**_upload_json(call, uuid, job), **size, "definition_yaml": definition})


_PLAN = f"{SUITE}/test_plan"
#: Assumed milliseconds of a test or file.
_DURATION = 1_000


@routes.route("GET", _PLAN, scope="read_test_plan")
def get_test_plan(call: Call) -> Reply:
    return json(require(suites.find(call).plans.get(call.query.text("identifier") or ""), "test plan"))


@routes.route("POST", _PLAN, scope="write_test_plan")
def create_test_plan(call: Call) -> Reply:
    """Create a plan, or return the one with this identifier, so that all jobs have the same."""
    suite = suites.find(call)
    return json(suite.plans.setdefault(call.body["identifier"], plan_json(suite, call.body)))


def plan_json(suite: Suite, body: Mapping[str, Any]) -> Json:
    """Deal the tests of a request out to its jobs."""
    jobs = max(int(body["parallelism"]), 1)  # 2.0 is an integer in JSON
    tests = [
        {**_known(test), "format": kind, "estimated_duration": _DURATION}
        for kind in ("file", "example", "selector")
        for test in body["tests"].get(f"{kind}s", ())
    ]
    return {
        "identifier": body["identifier"],
        "parallelism": jobs,
        "tasks": {str(job): {"node_number": job, "tests": tests[job::jobs]} for job in range(jobs)},
        "muted_tests": [_test_json(test) for test in suite.tests.values() if test.state == "muted"],
        "skipped_tests": [_test_json(test) for test in suite.tests.values() if test.state == "skipped"],
    }


def _known(test: Json) -> Json:
    return {name: test[name] for name in ("path", "identifier", "name", "scope", "value") if name in test}


def _test_json(test: Test) -> Json:
    return {"path": test.location, "identifier": test.id, "name": test.name, "scope": test.scope, "format": "example"}


@routes.route("POST", f"{_PLAN}/filter_tests", scope="read_test_plan")
def filter_planned_tests(call: Call) -> Reply:
    """Return the files with skipped tests."""
    split = {test.file_name for test in suites.find(call).tests.values() if test.state == "skipped"}
    return json({"tests": [{"path": file["path"]} for file in call.body["files"] if file["path"] in split]})


@routes.route("POST", f"{SUITE}/test_plan_metadata", scope="write_test_plan")
def create_plan_metadata(call: Call) -> Reply:
    suites.find(call)
    return Reply(200)


@routes.route("POST", f"{SUITE}/test_files", scope="read_suites")
def find_file_durations(call: Call) -> Reply:
    """Return the durations of the given files that the suite has."""
    known = {test.file_name for test in suites.find(call).tests.values()}
    return json({path: _DURATION for path in call.body["paths"] if path in known})


@routes.route("GET", f"{SUITE}/commits", scope="read_suites")
def list_suite_commits(call: Call) -> Reply:
    """Return the commits of all runs, newest first, one in each line."""
    commits = dict.fromkeys(run.build.commit for run in runs_of(suites.find(call)))
    return Reply(200, "".join(f"{commit}\n" for commit in commits).encode(), "text/plain")


@routes.route("POST", f"{SUITE}/commit-metadata-backfill/presigned-upload", scope="write_suites")
def create_commit_metadata_upload(call: Call) -> Reply:
    suite = suites.find(call)
    ids = {"organization_id": suite.organization.id, "suite_id": suite.id}
    return json({**upload_form(call.backend, call.storage_url), **ids})


@routes.route("GET", f"{BUILD_TESTS.removesuffix('/tests')}/preflight/v1", scope="read_suites")
def get_build_preflight(call: Call) -> Reply:
    """Return the results of each run, and the tests that failed in it."""
    expands, state = call.query.text("include") == "latest_fail", call.query.text("state")
    results, failures = dict[str, Json](), list[Json]()
    for run in runs_in(find_build_in_path(call)):
        suite, last = run.suite, {execution.test.id: execution for execution in run.executions}
        counts = Counter[str](execution.result for execution in last.values())
        own = {"id": suite.id, "slug": suite.slug, "name": suite.name}
        results[run.id] = {"suite": own, **{result: counts[result] for result in ("passed", "failed", "skipped")}}
        for execution in last.values():
            if execution.result == "failed" and state in (None, execution.test.state):
                latest = failed_execution_json(execution, expanded=True)
                failure = {"run_id": run.id, "name": latest["test_name"], "location": latest["location"]}
                failure |= {"suite_name": suite.name, "suite_slug": suite.slug}
                failures.append({**failure, "latest_fail": latest} if expands else failure)
    return json({"tests": {"runs": results, "failures": failures}})
