"""Rules."""

from __future__ import annotations

from .caller import PIPELINES

RULES = "/v2/organizations/acme/rules"
TRIGGER, READ = "pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline"


def body(source="web", target="api", kind=TRIGGER, **value):
    return {"type": kind, "value": {"source_pipeline": source, "target_pipeline": target, **value}}


def test_a_rule_goes_with_either_pipeline(api):
    other = api.post(RULES, json=body("docs", "api")).json()
    for pair in (("ios", "api"), ("api", "ios")):
        rule = api.post(RULES, json=body(*pair)).json()
        assert api.get(rule["url"]).status_code == 200
    assert api.delete(f"{PIPELINES}/ios").status_code == 204
    assert api.get(RULES).json()[-1] == other
