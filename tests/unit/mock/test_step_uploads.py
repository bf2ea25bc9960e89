"""Step uploads: what jobs add to their builds."""

from __future__ import annotations

import yaml

from buildkite_rest.mock.resources.steps import from_configuration

from .caller import API, WEB

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
