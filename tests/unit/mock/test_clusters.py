"""Clusters, their maintainers and rules."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.resources.clusters import Maintainer

from .caller import API, PIPELINES

CLUSTERS = "/v2/organizations/acme/clusters"


@pytest.fixture
def clusters(api):
    """The seeded clusters by name."""
    return {cluster["name"]: cluster for cluster in api.get(CLUSTERS).json()}


@pytest.fixture
def new(api):
    """A new cluster."""
    return api.post(CLUSTERS, json={"name": "New"}).json()


def test_lifecycle_of_a_cluster(api, backend):
    body = {"name": " New ", "description": "x", "emoji": ":x:", "color": "#FFF", "hosted_git_mirror_enabled": True}
    response = api.post(CLUSTERS, json=body)
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{CLUSTERS}/{created['id']}"
    assert [created[key] for key in ("name", "description", "emoji", "color")] == ["New", "x", ":x:", "#FFF"]
    assert (created["default_queue_id"], created["default_queue_url"]) == (None, None)
    assert created["maintainers"] == {"users": [], "teams": []}
    assert created["created_by"]["name"] == "Ada Lovelace"
    caches = {"hosted_git_mirror_enabled": False, "hosted_container_cache_enabled": False}
    assert api.get(created["url"]).json() == {**created, **caches}
    assert {**created, **caches} in api.get(CLUSTERS).json()
    changed = api.put(created["url"], json={"description": None, "color": "#000"}).json()
    assert changed == {**created, **caches, "description": None, "color": "#000"}
    assert api.statuses("DELETE GET PUT DELETE", created["url"], json={}) == [204, 404, 404, 404]
    assert api.get("/v2/organizations/globex/clusters").status_code == 404


@pytest.fixture
def member(backend):
    """Ada, who is no longer an administrator and maintains the first cluster only."""
    acme = backend.organizations["acme"]
    [ada] = [membership for membership in acme.memberships.values() if membership.user.name == "Ada Lovelace"]
    ada.role = "member"
    return ada.user


def test_caches_are_shown_to_who_manages_a_cluster(api, clusters, member):
    seen = api.get(clusters["Hosted"]["url"]).json()
    assert clusters["Hosted"].keys() - seen.keys() == {"hosted_git_mirror_enabled", "hosted_container_cache_enabled"}
    assert api.get(clusters["Default cluster"]["url"]).json() == clusters["Default cluster"]


CHANGES = [
    ("PUT", "", {}, 200),
    ("DELETE", "", {}, 422),
    ("POST", "/queues", {"key": "x"}, 201),
    ("PUT", "/queues/{}", {}, 200),
    ("DELETE", "/queues/{}", {}, 422),
    ("POST", "/queues/{}/pause_dispatch", {}, 200),
    ("POST", "/queues/{}/resume_dispatch", {}, 422),
    ("POST", "/tokens", {"description": "x"}, 201),
    ("PUT", "/tokens/{}", {}, 200),
    ("DELETE", "/tokens/{}", {}, 204),
    ("POST", "/secrets", {"key": "x"}, 201),
    ("PUT", "/secrets/{}", {}, 200),
    ("PUT", "/secrets/{}/value", {"value": "x"}, 200),
    ("DELETE", "/secrets/{}", {}, 204),
    ("GET", "/agent-images", {}, 200),
    ("GET", "/agent-images/x", {}, 404),
    ("POST", "/agent-images", {"name": "x", "dockerfile": ""}, 201),
    ("DELETE", "/agent-images/x", {}, 404),
    ("GET", "/cache_volumes", {}, 200),
    ("DELETE", "/cache_volumes", {"tag": "x"}, 404),
    ("GET", "/network_ranges", {}, 200),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: " ".join(change[:2]))
def test_maintainers_and_their_teams_manage_a_cluster(api, backend, clusters, member, change):
    method, rest, body, status = change

    def call(name):
        url = clusters[name]["url"]
        kind = rest.split("/")[1] if "{}" in rest else "queues"
        return api.request(method, url + rest.format(api.get(f"{url}/{kind}").json()[0]["id"]), json=body)

    refused = call("Hosted")
    assert (refused.status_code, "Only maintainers" in refused.json()["message"]) == (403, True)
    assert call("Default cluster").status_code == status
    acme = backend.organizations["acme"]
    acme.clusters[clusters["Default cluster"]["id"]].members.clear()
    assert call("Default cluster").status_code == 403
    team = next(team for team in acme.teams.values() if member.id in team.members)
    maintainer = Maintainer(id="x", actor=team)
    acme.clusters[clusters["Hosted"]["id"]].members[maintainer.id] = maintainer
    assert call("Hosted").status_code in {200, 201, 204, 404, 422}


def test_administrators_create_clusters_and_choose_maintainers(api, clusters, member):
    url = f"{clusters['Default cluster']['url']}/maintainers"
    maintainer = api.get(url).json()[0]["id"]
    refused = [api.post(CLUSTERS, json={"name": "x"}), api.post(url, json={"user": member.id})]
    refused.append(api.delete(f"{url}/{maintainer}"))
    assert [response.status_code for response in refused] == [403] * 3
    assert api.get(f"{url}/{maintainer}").status_code == 200


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
