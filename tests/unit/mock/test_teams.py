"""Teams with their members, pipelines and test suites."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN

ACME = "/v2/organizations/acme"
TEAMS = f"{ACME}/teams"
BODY = {"name": "Data Science", "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
NOTHING = "01920000-0000-7000-8000-00000000ffff"


@pytest.fixture
def acme(backend):
    return backend.organizations["acme"]


@pytest.fixture
def team(acme):
    """Return a function that finds a seeded team."""
    return lambda slug: next(team for team in acme.teams.values() if team.slug == slug)


@pytest.fixture
def plain(api, backend):
    """Return a caller that may do everything as a mere member: a maintainer of one team, a member of another."""
    edsger = next(user for user in backend.users.values() if user.name.startswith("Edsger"))
    token = next(token for token in backend.tokens.values() if token.secret == GLOBEX_TOKEN)
    token.user = edsger
    return api.as_owner_of(GLOBEX_TOKEN)


def test_lifecycle_of_a_team(api, clock):
    response = api.post(TEAMS, json={**BODY, "members_can_create_suites": True})
    created = response.json()
    url = f"{TEAMS}/{created['id']}"
    assert response.status_code == 201
    assert (created["slug"], created["default"], created["description"]) == ("data-science", False, None)
    assert (created["members_can_create_suites"], created["members_can_create_pipelines"]) == (True, False)
    assert (created["created_at"], created["created_by"]["name"]) == ("2026-03-02T10:00:00.000Z", "Ada Lovelace")
    assert api.get(url).json() == created
    assert created in api.get(TEAMS).json()
    clock.advance(5)
    body = {"name": "Science", "privacy": "secret", "is_default_team": True, "default_member_role": "maintainer"}
    changed = api.patch(url, json={**body, "description": "New"}).json()
    assert changed == {
        **created,
        "name": "Science",
        "slug": "science",
        "privacy": "secret",
        "default": True,
        "default_member_role": "maintainer",
        "description": "New",
    }
    assert api.get(url).json() == changed
    assert api.statuses("DELETE GET PATCH DELETE", url, json={}) == [204, 404, 404, 404]
    assert [api.get(f"{url}/{part}").status_code for part in ("members", "pipelines", "suites")] == [404] * 3


def test_secret_teams_are_seen_by_their_members_and_administrators(api, plain, team, acme):
    backend, release = team("backend"), team("release-managers")
    release.privacy = "secret"
    edsger = plain.get("/v2/user").json()["id"]
    assert plain.get(f"{TEAMS}/{backend.id}").status_code == 200
    del backend.members[edsger]
    for path in ("", "/members", "/pipelines", "/suites"):
        assert plain.get(f"{TEAMS}/{backend.id}{path}").status_code == 404
        assert api.get(f"{TEAMS}/{backend.id}{path}").status_code == 200
    assert [one["slug"] for one in plain.get(TEAMS).json()] == ["everyone", "frontend", "release-managers"]
    assert len(api.get(TEAMS).json()) == len(acme.teams)


def test_maintainers_change_their_team_and_members_do_not(plain, team):
    release, frontend = (f"{TEAMS}/{team(slug).id}" for slug in ("release-managers", "frontend"))
    assert plain.patch(release, json={"description": "Mine"}).json()["description"] == "Mine"
    ada = plain.get(f"{frontend}/members").json()[0]["user_id"]
    pipeline = plain.get(f"{frontend}/pipelines").json()[0]["pipeline_id"]
    suite = plain.get(f"{frontend}/suites").json()[0]["suite_id"]
    assert plain.post(f"{release}/members", json={"user_id": ada, "role": "member"}).status_code == 201
    refused = [
        plain.patch(frontend, json={"name": "Mine"}),
        plain.delete(frontend),
        plain.post(TEAMS, json=BODY),
        plain.post(f"{frontend}/members", json={"user_id": NOTHING, "role": "member"}),
        plain.patch(f"{frontend}/members/{ada}", json={"role": "member"}),
        plain.delete(f"{frontend}/members/{ada}"),
        plain.post(f"{frontend}/pipelines", json={"pipeline_id": NOTHING, "access_level": "read_only"}),
        plain.patch(f"{frontend}/pipelines/{pipeline}", json={"access_level": "read_only"}),
        plain.delete(f"{frontend}/pipelines/{pipeline}"),
        plain.post(f"{frontend}/suites", json={"suite_id": NOTHING, "access_level": ["read"]}),
        plain.patch(f"{frontend}/suites/{suite}", json={"access_level": ["read"]}),
        plain.delete(f"{frontend}/suites/{suite}"),
        plain.post(f"{TEAMS}/enable"),
    ]
    assert [response.status_code for response in refused] == [403] * len(refused)
    assert plain.get(frontend).json()["name"] == "Frontend"
    assert plain.get(f"{frontend}/members/{ada}").json()["role"] == "maintainer"
    assert [plain.delete(release).status_code for _ in range(2)] == [204, 404]


def test_enabling_teams_adds_everyone_once(api, backend):
    globex = backend.organizations["globex"]
    owner, teams = api.as_owner_of(GLOBEX_TOKEN), "/v2/organizations/globex/teams"
    assert owner.get(teams).json() == []
    assert owner.post(f"{teams}/enable").status_code == 204
    (everyone,) = owner.get(teams).json()
    assert (everyone["name"], everyone["default"], everyone["created_by"]) == ("Everyone", True, None)
    members = owner.get(f"{teams}/{everyone['id']}/members").json()
    assert [member["user_id"] for member in members] == [*globex.members]
    pipelines = owner.get(f"{teams}/{everyone['id']}/pipelines").json()
    assert [access["access_level"] for access in pipelines] == ["manage_build_and_read"] * len(globex.pipelines)
    assert owner.delete(f"{teams}/{everyone['id']}").status_code == 204
    assert owner.post(f"{teams}/enable").status_code == 204
    assert owner.get(teams).json() == []
