"""Commits whose metadata are wanted, and their upload. Undocumented; made as test-engine-client expects them."""

from __future__ import annotations

from ...backend import DAY
from ...http.call import Call, Reply, json
from ...http.routing import Routes
from ..packages import upload_form
from .runs import runs_of
from .suites import SUITE, suites

_DEFAULT_DAYS = 90

routes = Routes()


@routes.route("GET", f"{SUITE}/commits", scope="read_suites")
def list_suite_commits(call: Call) -> Reply:
    """Return the commits of the runs of the last days, newest first, one in each line."""
    since = call.now - int(call.query.text("days") or _DEFAULT_DAYS) * DAY
    runs = runs_of(call.backend, suites.find(call))
    commits = dict.fromkeys(run.build.commit for run in runs if run.began_at >= since)
    return Reply(200, "".join(f"{commit}\n" for commit in commits).encode(), "text/plain")


@routes.route("POST", f"{SUITE}/commit-metadata-backfill/presigned-upload", scope="write_suites")
def create_commit_metadata_upload(call: Call) -> Reply:
    suite = suites.find(call)
    ids = {"organization_id": suite.organization.id, "suite_id": suite.id}
    return json({**upload_form(call.backend, call.storage_url), **ids})
