"""Rules."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES

from .caller import API, PIPELINES

RULES = "/v2/organizations/acme/rules"
TRIGGER, READ = "pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline"


def body(source="web", target="api", kind=TRIGGER, **value):
    return {"type": kind, "value": {"source_pipeline": source, "target_pipeline": target, **value}}


def test_lifecycle_of_a_rule(api):
    response = api.post(RULES, json={**body(conditions=["a", ""]), "description": "Why"})
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{RULES}/{created['uuid']}"
    assert [created[key] for key in ("type", "action", "effect")] == [TRIGGER, "trigger_build", "allow"]
    assert [created[f"{end}_uuid"] for end in ("source", "target")] == [
        api.get(f"{PIPELINES}/{slug}").json()["id"] for slug in ("web", "api")
    ]
    assert not {"description", "conditions", "value"} & created.keys()
    assert api.get(created["url"]).json() == created
    assert created in api.get(RULES).json()
    gone = api.delete(created["url"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert [api.get(created["url"]).status_code, api.delete(created["url"]).status_code] == [404, 404]
    assert created not in api.get(RULES).json()


def test_pipelines_are_named_by_uuid_too(api):
    web = api.get(f"{PIPELINES}/web").json()["id"]
    created = api.post(RULES, json=body(web.upper(), "api", READ)).json()
    assert (created["source_uuid"], created["action"]) == (web, "artifacts_read")


@pytest.mark.parametrize("wrong", [
    body(source="nope"), body(target="01920000-0000-7006-8000-0000000fffff"), body(kind="pipeline.delete.pipeline"),
    {"type": TRIGGER}, {"type": TRIGGER, "value": {"source_pipeline": "web"}}, body(conditions="main"), body(source=""),
])  # fmt: skip
def test_invalid_input_is_rejected_and_not_saved(api, wrong):
    with api.unchanged(RULES):
        assert api.post(RULES, json=wrong).status_code == 422


def test_pipelines_of_other_organizations_are_unknown(api, backend):
    other = next(iter(backend.organizations["globex"].pipelines.values()))
    assert other.slug not in backend.organizations["acme"].pipelines
    for name in (other.id, other.slug):
        assert api.post(RULES, json=body(target=name)).status_code == 422


def test_a_rule_goes_with_either_pipeline(api):
    other = api.post(RULES, json=body("docs", "api")).json()
    for pair in (("ios", "api"), ("api", "ios")):
        rule = api.post(RULES, json=body(*pair)).json()
        assert api.get(rule["url"]).status_code == 200
    assert api.delete(f"{PIPELINES}/ios").status_code == 204
    assert api.get(RULES).json()[-1] == other


def test_a_rule_follows_a_pipeline_to_its_new_slug(api):
    rule = api.post(RULES, json=body()).json()
    assert api.patch(f"{PIPELINES}/web", json={"slug": "shop"}).status_code == 200
    assert api.get(rule["url"]).json() == rule


def test_scopes_and_roles(api, backend):
    reader, url = api.as_owner_of(READ_ONLY_TOKEN), api.get(RULES).json()[0]["url"]
    assert [reader.get(url).status_code, reader.get(RULES).status_code] == [200, 200]
    assert [reader.post(RULES, json=body()).status_code, reader.delete(url).status_code] == [403, 403]
    token = backend.token_with_secret(READ_ONLY_TOKEN)
    token.scopes = ALL_SCOPES
    backend.organizations["acme"].memberships[token.user.id].role = "member"
    assert [reader.post(RULES, json=body()).status_code, reader.delete(url).status_code] == [403, 403]
    backend.organizations["acme"].memberships[token.user.id].role = "admin"
    assert [reader.post(RULES, json=body()).status_code, reader.delete(url).status_code] == [201, 204]
