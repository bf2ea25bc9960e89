"""Pipeline templates, which also cover what `Collection` declares."""

from __future__ import annotations

import pytest

from .caller import API, CLUSTER, PIPELINES, WEB

TEMPLATES = "/v2/organizations/acme/pipeline-templates"
BODY = {"name": "New", "configuration": "steps:\n  - command: make\n"}


def test_lifecycle_of_a_template(api, clock):
    response = api.post(TEMPLATES, json=BODY)
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{TEMPLATES}/{created['uuid']}"
    assert (created["available"], created["description"]) == (False, None)
    assert api.get(created["url"]).json() == created
    assert created in api.get(TEMPLATES).json()
    clock.advance(5)
    changed = api.patch(created["url"], json={"available": True, "description": "Now"}).json()
    later = "2026-03-02T10:00:05.000Z"
    assert changed == {**created, "available": True, "description": "Now", "updated_at": later}
    assert (
        api.get(created["url"].upper().replace(API.upper(), API).replace(TEMPLATES.upper(), TEMPLATES)).json()
        == changed
    )
    assert api.statuses("DELETE GET PATCH DELETE", created["url"], json={}) == [204, 404, 404, 404]
    assert created["uuid"] not in [template["uuid"] for template in api.get(TEMPLATES).json()]


@pytest.fixture
def template(api):
    configuration = "env: {A: b}\nsteps:\n  - {label: One, command: make one}\n  - {label: Two, command: make two}\n"
    return api.post(TEMPLATES, json={**BODY, "configuration": configuration, "available": True}).json()


def labels(pipeline):
    return [step["name"] for step in pipeline["steps"]]


def test_a_pipeline_has_its_steps_from_its_template(api, template, create):
    body = {"name": "New", "repository": "git@x:y", "cluster_id": CLUSTER, "pipeline_template_uuid": template["uuid"]}
    response = api.post(PIPELINES, json=body)
    pipeline = response.json()
    assert response.status_code == 201
    assert (labels(pipeline), pipeline["env"]) == (["One", "Two"], {"A": "b"})
    assert pipeline["configuration"] == template["configuration"]
    assert pipeline["pipeline_template_uuid"] == template["uuid"]
    assert [job["name"] for job in create("new")["jobs"]] == ["One", "Two"]


def test_changes_of_a_template_apply_to_its_pipelines(api, template):
    api.patch(WEB, json={"pipeline_template_uuid": template["uuid"]})
    api.patch(template["url"], json={"name": "Other"})
    assert labels(api.get(WEB).json()) == ["One", "Two"]
    api.patch(template["url"], json={"configuration": "steps: [{label: Three, command: make}]"})
    assert labels(api.get(WEB).json()) == ["Three"]
    assert labels(api.get(f"{PIPELINES}/ios").json()) != ["Three"]
    assert api.patch(template["url"], json={"configuration": "steps: ["}).status_code == 422
    assert labels(api.get(WEB).json()) == ["Three"]


def test_steps_of_a_template_cannot_be_changed_in_the_pipeline(api, template):
    api.patch(WEB, json={"pipeline_template_uuid": template["uuid"]})
    refused = api.patch(WEB, json={"configuration": BODY["configuration"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "configuration"
    freed = api.patch(WEB, json={"pipeline_template_uuid": None, "description": "Free"}).json()
    assert (labels(freed), freed["pipeline_template_uuid"]) == (["One", "Two"], None)
    assert labels(api.patch(WEB, json={"configuration": "steps: [{label: Own, command: x}]"}).json()) == ["Own"]


def test_only_administrators_assign_unavailable_templates(api, backend, template):
    api.patch(template["url"], json={"available": False})
    acme, body = backend.organizations["acme"], {"pipeline_template_uuid": template["uuid"]}
    acme.teams_enabled, next(iter(acme.memberships.values())).role = False, "member"
    refused = api.patch(WEB, json=body)
    errors = [{"field": "pipeline_template_uuid", "code": "invalid"}]
    assert (refused.status_code, refused.json()["errors"]) == (422, errors)
    next(iter(acme.memberships.values())).role = "admin"
    assert api.patch(WEB, json=body).status_code == 200
