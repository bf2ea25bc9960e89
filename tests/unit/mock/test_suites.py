"""Test suites: lifecycle, tokens and policies."""

from __future__ import annotations

import pytest
from tests.unit.mock.caller import TEAM

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.resources.teams import TeamMember, TeamSuite

SUITES = "/v2/analytics/organizations/acme/suites"
TEAMS = "/v2/organizations/acme/teams"
BODY = {"name": "Größe & Co", "default_branch": "main", "team_ids": [TEAM]}


def test_tokens_are_shown_on_request_with_full_access(api):
    reader = api.as_owner_of(READ_ONLY_TOKEN)
    token = api.get(f"{SUITES}/rspec?show_api_token=true").json()["api_token"]
    tokens = [suite["api_token"] for suite in api.get(f"{SUITES}?show_api_token=true").json()]
    assert len(token) == 24
    assert token in tokens
    assert len(set(tokens)) == len(tokens)
    assert api.post(SUITES, json={**BODY, "show_api_token": True}).json()["api_token"] not in tokens
    assert api.patch(f"{SUITES}/rspec", json={"show_api_token": True}).json()["api_token"] == token
    assert reader.get(f"{SUITES}/rspec?show_api_token=true").json()["api_token"] == token
    assert reader.patch(f"{SUITES}/rspec", json={"show_api_token": True}).status_code == 403


@pytest.fixture
def acme(backend):
    return backend.organizations["acme"]


@pytest.mark.parametrize(("method", "status"), [("PATCH", 200), ("DELETE", 204)])
def test_full_access_is_needed_to_change_a_suite(api, acme, member, method, status):
    team, suite = acme.teams[TEAM], acme.suites["rspec"]
    team.members[member.id] = TeamMember(user=member, role="member", created_at=0)

    def call():
        return api.request(method, f"{SUITES}/rspec", json={"emoji": ":tada:"}).status_code

    assert call() == 403
    team.suites[suite.id] = TeamSuite(suite=suite, access_level=("read",), created_at=0)
    assert (call(), suite.emoji) == (403, ":rspec:")
    team.suites[suite.id].access_level = ("read", "edit")
    assert call() == status


def test_teams_get_a_new_suite_and_lose_a_deleted_one(api):
    team = api.get(TEAMS).json()[1]
    created = api.post(SUITES, json={**BODY, "team_ids": [team["id"]]}).json()
    access = f"{TEAMS}/{team['id']}/suites/{created['id']}"
    assert api.get(access).json()["access_level"] == ["read", "edit"]
    api.delete(created["url"])
    assert api.get(access).status_code == 404
