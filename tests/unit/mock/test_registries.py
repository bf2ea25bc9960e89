"""Package registries and their tokens."""

from __future__ import annotations

import pytest

REGISTRIES = "/v2/packages/organizations/acme/registries"
GEMS = f"{REGISTRIES}/gems"
STATEMENT = {"iss": "https://agent.buildkite.com", "claims": {"pipeline_slug": {"in": ["web", None, 1.5]}}}
POLICY = "- iss: https://agent.buildkite.com\n  claims: {build_branch: main}\n"


@pytest.fixture
def body(backend):
    return {"name": "My Gems!", "ecosystem": "ruby", "team_ids": [next(iter(backend.organizations["acme"].teams))]}


def test_a_policy_is_shown_as_text(api, body):
    shown = api.post(REGISTRIES, json={**body, "oidc_policy": [STATEMENT]}).json()["oidc_policy"]
    assert shown.startswith("- iss: https://agent.buildkite.com\n")
    assert "- null" in shown
    assert api.post(GEMS, json={"oidc_policy": POLICY}).json()["oidc_policy"] == POLICY


DEEP: object = 1
for _ in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "policy",
    ["nope", "{}", "[1]", "- iss: x", "- {iss: [], claims: {}}", "- iss: &a x\n  claims: {}", "- *a", "[", "- !!str x",
     "[" * 5000, "x" * 200_000, [{"iss": "x"}], [{**STATEMENT, "scopes": ["admin"]}], 5],
)  # fmt: skip
def test_an_invalid_policy_is_rejected(api, body, policy):
    with api.unchanged(REGISTRIES):
        assert api.post(REGISTRIES, json={**body, "oidc_policy": policy}).status_code == 400
        assert api.post(GEMS, json={"name": "Other", "oidc_policy": policy}).status_code == 400
