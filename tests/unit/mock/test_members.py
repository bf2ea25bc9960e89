"""Members of organizations, and invitations."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN

from .caller import API

ACME = "/v2/organizations/acme"
MEMBERS = f"{ACME}/members"
INVITATIONS = f"{ACME}/invitations"
NOTHING = "01920000-0000-7000-8000-00000000ffff"
DAY = 86_400


@pytest.fixture
def ids(backend):
    """Return the ids of the users by their first name."""
    return {user.name.partition(" ")[0]: user.id for user in backend.users.values()}


@pytest.fixture
def barbara(api):
    return api.as_owner_of(GLOBEX_TOKEN)


def invite(api, *emails, **body):
    return api.post(INVITATIONS, json={"emails": list(emails), **body})


def test_members_see_their_own_sso_mode_and_change_nothing(api, barbara, ids):
    assert api.patch(f"{MEMBERS}/{ids['Barbara']}", json={"role": "member"}).status_code == 200
    with_sso_mode = [member["id"] for member in barbara.get(MEMBERS).json() if "sso_mode" in member]
    assert with_sso_mode == [ids["Barbara"]]
    assert "sso_mode" not in barbara.get(f"{MEMBERS}/{ids['Ada']}").json()
    refused = [
        barbara.patch(f"{MEMBERS}/{ids['Edsger']}", json={"role": "admin"}),
        barbara.delete(f"{MEMBERS}/{ids['Edsger']}"),
        barbara.get(INVITATIONS),
        barbara.get(f"{INVITATIONS}/{NOTHING}"),
        barbara.delete(f"{INVITATIONS}/{NOTHING}"),
        invite(barbara, "new@elsewhere.example"),
    ]
    assert [response.status_code for response in refused] == [403] * len(refused)
    assert api.get(f"{MEMBERS}/{ids['Edsger']}").json()["role"] == "member"


def test_a_removed_member_leaves_the_teams_too(api, ids):
    teams = f"{ACME}/teams?user_id={ids['Edsger']}"
    assert len(api.get(teams).json()) == 3
    gone = api.delete(f"{MEMBERS}/{ids['Edsger']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.get(teams).json() == []
    assert ids["Edsger"] not in [member["id"] for member in api.get(MEMBERS).json()]
    url = f"{MEMBERS}/{ids['Edsger']}"
    assert [api.get(url).status_code, api.delete(url).status_code] == [404] * 2
    assert api.patch(url, json={"role": "admin"}).status_code == 404


def test_the_token_of_a_removed_member_still_works(api, barbara, ids, create):
    assert barbara.delete(f"{MEMBERS}/{ids['Ada']}").status_code == 204
    assert create()["creator"]["name"] == "Ada Lovelace"
    assert api.get(MEMBERS).status_code == 200
    assert invite(api, "new@elsewhere.example").status_code == 201


def test_an_administrator_remains(api, ids):
    for name in ("Grace", "Barbara"):
        assert api.patch(f"{MEMBERS}/{ids[name]}", json={"role": "member"}).status_code == 200
    assert api.delete(f"{MEMBERS}/{ids['Ada']}").status_code == 422
    assert api.get(f"{MEMBERS}/{ids['Ada']}").status_code == 200
    assert api.patch(f"{MEMBERS}/{ids['Grace']}", json={"role": "admin"}).status_code == 200
    assert api.delete(f"{MEMBERS}/{ids['Ada']}").status_code == 204
    assert api.patch(f"{MEMBERS}/{ids['Grace']}", json={"role": "member"}).status_code == 422
    assert api.get(f"{MEMBERS}/{ids['Grace']}").json()["role"] == "admin"


def test_lifecycle_of_an_invitation(api, backend):
    team = next(team for team in backend.organizations["acme"].teams.values() if team.slug == "frontend")
    response = invite(
        api,
        "New@Elsewhere.example",
        "new@elsewhere.example",
        "other@elsewhere.example",
        teams=[{"id": team.id, "role": "maintainer"}],
    )
    first, second = response.json()
    assert response.status_code == 201
    assert (first["email"], second["email"]) == ("New@Elsewhere.example", "other@elsewhere.example")
    assert first["url"] == f"{API}{INVITATIONS}/{first['id']}"
    assert (first["state"], first["role"], first["sso_mode"]) == ("pending", "member", "required")
    assert [one["slug"] for one in first["teams"]] == ["frontend"]
    assert first["created_by"]["name"] == "Ada Lovelace"
    assert api.get(first["url"]).json() == first
    assert api.get(INVITATIONS).json()["items"][:2] == [second, first]
    gone = api.delete(first["url"])
    assert (gone.status_code, gone.content) == (204, b"")
    revoked = api.get(first["url"]).json()
    assert (revoked["state"], revoked["revoked_at"]) == ("revoked", "2026-03-02T10:00:00.000Z")
    assert revoked["revoked_by"]["name"] == "Ada Lovelace"
    assert api.delete(first["url"]).status_code == 422
    assert api.get(INVITATIONS).json()["items"][0] == second
    assert api.delete(f"{ACME}/teams/{team.id}").status_code == 204
    assert api.get(second["url"]).json()["teams"] == []


def test_invitations_expire(api, clock):
    (created,) = invite(api, "new@elsewhere.example", role="admin", sso_mode="optional").json()
    clock.advance(7 * DAY - 1)
    assert api.get(created["url"]).json() == created
    clock.advance(1)
    expired = {**created, "state": "expired", "expired_at": "2026-03-09T10:00:00.000Z"}
    assert api.get(created["url"]).json() == expired
    assert created["id"] not in [item["id"] for item in api.get(INVITATIONS).json()["items"]]
    assert api.delete(created["url"]).status_code == 422
