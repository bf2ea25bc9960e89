"""References to other objects by slug, in JSON and in the YAML inside of it."""

from __future__ import annotations

from typing import Any

import pytest

from buildkite_rest.conformance.slug_references import slugs_in

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
