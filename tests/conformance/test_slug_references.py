"""References to other objects by slug, in JSON and in the YAML inside of it."""

from __future__ import annotations

from typing import Any

import pytest

from buildkite_rest.conformance.slug_references import slugs_in, with_pipeline

STEPS = "steps:\n  - command: make deploy\n  - trigger: deploy\n    branches: deploy-all\n"
POLICY = {"claims": {"organization_slug": "acme", "pipeline_slug": {"in": ["web", "deploy"]}}}


@pytest.mark.parametrize(
    ("body", "slugs"),
    [
        ({"steps": [{"type": "trigger", "trigger_project_slug": "deploy"}]}, ["deploy"]),
        ({"steps": [{"type": "trigger", "pipeline": "deploy"}, {"type": "x", "pipeline": "web"}]}, ["deploy"]),
        ({"configuration": STEPS}, ["deploy"]),
        ({"configuration": "steps: [{trigger: 'deploy'}]"}, ["deploy"]),
        ({"policy": "- pipeline_slug:\n  - web\n  - ios\n"}, ["web", "ios"]),
        ({"policy": "- x: &a [web]\n- pipeline_slug: *a\n"}, ["web"]),
        ({"oidc_policy": [POLICY]}, ["web", "deploy"]),
        ({"value": {"source_pipeline": "web", "target_pipeline": "deploy"}}, ["web", "deploy"]),
        ([{"to": "gems"}, {"to": "npm"}], ["gems", "npm"]),
        ({"description": "trigger of the pipeline", "slug": "web"}, []),
        ({"configuration": "steps: [trigger: {"}, []),
        ({"configuration": "trigger: &a [*a]"}, []),
    ],
)
def test_references_are_found(body: Any, slugs: list[str]) -> None:
    assert slugs_in(body) == slugs


def test_all_references_are_to_one_pipeline() -> None:
    body: Any = {
        "configuration": STEPS,
        "oidc_policy": [POLICY],
        "steps": [{"trigger_project_slug": "x"}],
        "slug": "web",
    }
    body["steps"] += [{"type": "trigger", "pipeline": "x"}, {"type": "script", "pipeline": "x"}]
    changed = with_pipeline(body, "mine")

    assert changed == {
        "configuration": "steps:\n  - command: make mine\n  - trigger: mine\n    branches: deploy-all\n",
        "oidc_policy": [{"claims": {"organization_slug": "acme", "pipeline_slug": {"in": ["mine"]}}}],
        "steps": [
            {"trigger_project_slug": "mine"},
            {"type": "trigger", "pipeline": "mine"},
            {"type": "script", "pipeline": "x"},
        ],
        "slug": "web",
    }
    assert {*slugs_in(changed)} == {"mine"}
