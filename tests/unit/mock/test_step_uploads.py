"""Step uploads: what jobs add to their builds."""

from __future__ import annotations

import pytest
import yaml

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.resources.steps import from_configuration

from .caller import API, PIPELINES, WEB

NOBODY = "01920000-0000-7000-8000-00000000dead"
STEPS = """\
steps:
  - {label: First, key: first, command: buildkite-agent pipeline upload}
  - {command: make test, key: test, parallelism: 2, agents: {queue: default}, env: {A: "1"}, soft_fail: true}
  - wait
  - group: Packages
    key: packages
    steps:
      - {command: make package, timeout_in_minutes: 5, matrix: {setup: {os: [linux, macos], arch: [arm64, amd64]}}}
  - {command: bin/steps | buildkite-agent pipeline upload --replace, key: second}
  - {block: "Release?", key: release, branches: main}
  - {trigger: deploy, label: Deploy, async: true, build: {branch: main, message: Now}}
"""


def uploads(api, build, **query):
    response = api.get(f"{build['url']}/step-uploads", params=query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


def test_an_upload_is_there_once_its_job_has_passed(api, create, clock):
    build = create()
    assert uploads(api, build) == []
    clock.advance(10)
    [upload] = uploads(api, build)
    first, *others = api.get(build["url"]).json()["jobs"]
    assert (upload["source_job_id"], upload["created_jobs_count"]) == (first["id"], len(others))
    assert upload["created_at"] == upload["processed_at"] == first["finished_at"]
    assert (upload["state"], upload["source"], upload["replace_existing_steps"]) == ("applied", "job", False)
    assert upload["rejection_type"] is upload["message"] is None
    assert upload["url"] == f"{API}{WEB}/builds/{build['number']}/step-uploads/{upload['uuid']}"


def test_only_one_upload_has_its_definition(api, create, clock):
    build = create()
    clock.advance(10)
    [upload] = uploads(api, build)
    whole = api.get(upload["url"]).json()
    definition = {key: whole.pop(key) for key in sorted(whole.keys() - upload.keys())}
    assert whole == upload
    assert list(definition) == ["definition_bytes", "definition_yaml", "definition_yaml_omitted"]
    assert definition["definition_bytes"] == len(definition["definition_yaml"].encode())
    assert definition["definition_yaml_omitted"] is False
    assert "pipeline upload" not in definition["definition_yaml"]


def test_a_definition_gives_the_steps_that_were_uploaded(api, pipeline, create, clock):
    build = create(pipeline("Uploads", STEPS))
    clock.advance(10)
    second, first = uploads(api, build)
    assert [second["replace_existing_steps"], first["replace_existing_steps"]] == [True, False]
    assert [second["created_jobs_count"], first["created_jobs_count"]] == [2, 2 + 1 + 4]
    written = [api.get(upload["url"]).json()["definition_yaml"] for upload in (first, second)]
    test, _, packages = yaml.safe_load(written[0])["steps"]
    assert (test["agents"], packages["group"]) == ({"queue": "default"}, "packages")

    def steps(configuration):
        # The ids of steps are new each time.
        return [str(step) for step in from_configuration(configuration, lambda: "")[0]]

    known = [step for step in steps(STEPS) if "pipeline upload" not in step]
    assert [step for text in written for step in steps(text)] == known


def test_uploads_can_be_listed_by_job(api, pipeline, create, clock):
    build = create(pipeline("Uploads", STEPS))
    clock.advance(10)
    jobs = {job.get("step_key"): job["id"] for job in api.get(build["url"]).json()["jobs"]}
    for key, found in (("first", 1), ("second", 1), ("test", 0)):
        listed = uploads(api, build, **{"filter[source_job_id]": jobs[key].upper()})
        assert [upload["source_job_id"] for upload in listed] == [jobs[key]] * found
    assert api.get(f"{build['url']}/step-uploads?filter[source_job_id]=x").status_code == 400
    assert api.get(f"{build['url']}/step-uploads?filter=x").status_code == 400


def test_uploads_come_in_pages(api, pipeline, create, clock):
    build = create(pipeline("Uploads", STEPS))
    clock.advance(10)
    second, first = uploads(api, build)
    page = api.get(f"{build['url']}/step-uploads?per_page=1").json()
    assert page["items"] == [second]
    following = api.get(page["links"]["next"]).json()
    assert following["items"] == [first]
    assert "next" not in following["links"]


@pytest.mark.parametrize(
    "configuration",
    [
        "steps: [{command: make}]",
        "steps: [{command: make}, {command: buildkite-agent pipeline upload}]",
        "steps: [{command: buildkite-agent pipeline upload; exit 1}, {command: make}]",
        "steps: [{block: buildkite-agent pipeline upload}, {command: make}]",
    ],
    ids=["nothing uploads", "nothing follows", "failed", "no command"],
)
def test_there_may_be_none(api, pipeline, create, clock, configuration):
    build = create(pipeline("None", configuration))
    clock.advance(10)
    assert uploads(api, build) == []


def test_parallel_jobs_of_a_step_upload_once(api, pipeline, create, clock):
    parallel = "{command: buildkite-agent pipeline upload, parallelism: 2}"
    build = create(pipeline("Parallel", f"steps: [{parallel}, {{command: make}}]"))
    clock.advance(10)
    assert [upload["created_jobs_count"] for upload in uploads(api, build)] == [1]


def test_a_large_definition_is_left_out(api, pipeline, create, clock):
    steps = [{"command": "buildkite-agent pipeline upload"}, {"command": "x" * 150_000}]
    build = create(pipeline("Large", yaml.safe_dump({"steps": steps})))
    clock.advance(10)
    [upload] = uploads(api, build)
    whole = api.get(upload["url"]).json()
    assert whole["definition_bytes"] > 150_000
    assert (whole["definition_yaml"], whole["definition_yaml_omitted"]) == (None, True)


def test_unknown_uploads_and_scopes(api):
    upload = uploads(api, {"url": f"{WEB}/builds/42"})[0]
    assert api.as_owner_of(READ_ONLY_TOKEN).get(upload["url"]).json()["uuid"] == upload["uuid"]
    for path in (
        f"{WEB}/builds/42/step-uploads/{NOBODY}",
        f"{WEB}/builds/43/step-uploads/{upload['uuid']}",
        f"{WEB}/builds/9999/step-uploads",
        f"{PIPELINES}/nope/builds/1/step-uploads",
    ):
        assert api.get(path).status_code == 404
