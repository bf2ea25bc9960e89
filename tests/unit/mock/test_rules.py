"""Rules."""

from __future__ import annotations

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


def test_a_rule_goes_with_either_pipeline(api):
    other = api.post(RULES, json=body("docs", "api")).json()
    for pair in (("ios", "api"), ("api", "ios")):
        rule = api.post(RULES, json=body(*pair)).json()
        assert api.get(rule["url"]).status_code == 200
    assert api.delete(f"{PIPELINES}/ios").status_code == 204
    assert api.get(RULES).json()[-1] == other
