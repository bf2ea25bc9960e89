"""Clusters with hosted agents: agent images, cache volumes, network ranges."""

from __future__ import annotations

import pytest

CLUSTERS = "/v2/organizations/acme/clusters"
SMALL = "LINUX_AMD64_2X4"


@pytest.fixture
def clusters(api):
    """The URLs of the seeded clusters by name."""
    return {cluster["name"]: cluster["url"] for cluster in api.get(CLUSTERS).json()}


@pytest.fixture
def hosted(clusters):
    """The URL of a cluster with hosted agents."""
    return clusters["Hosted"]


def test_lifecycle_of_an_image(api, hosted, clock):
    path = f"{hosted}/agent-images"
    response = api.post(path, json={"name": "new", "dockerfile": "ENV FROM=x\nRUN make"})
    created = response.json()
    assert response.status_code == 201
    assert (created["status"], created["image_ref"], created["version"]) == ("BUILDING", None, 1)
    assert created["composed_dockerfile"] == f"{created['base_image']}\n{created['dockerfile']}"
    assert created["base_image"].startswith("FROM ")
    assert api.get(created["url"]).json() == created
    clock.advance(60)
    built = api.get(created["url"]).json()
    assert (built["status"], built["last_build_error"]) == ("READY", None)
    assert built["image_ref"]
    assert built in api.get(path).json()
    assert api.delete(created["url"]).status_code == 204
    for method in ("GET", "DELETE"):
        gone = api.request(method, created["url"])
        assert (gone.status_code, gone.json()) == (404, {"message": "No agent image found with the given ID."})


def test_an_image_in_use_stays(api, hosted):
    image = api.get(f"{hosted}/agent-images").json()[-1]
    queue = api.get(f"{hosted}/queues").json()[0]
    assert queue["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] == image["image_ref"]
    refused = api.delete(image["url"])
    assert refused.status_code == 409
    assert "in use by one or more queues" in refused.json()["message"]
    assert api.get(image["url"]).json() == image
    api.put(queue["url"], json={"hostedAgents": {"instanceShape": SMALL, "agentImageRef": None}})
    assert api.delete(image["url"]).status_code == 204


def test_volumes_are_those_that_were_detached(api, hosted):
    volumes = api.get(f"{hosted}/cache_volumes").json()
    assert [volume["tag"] for volume in volumes] == ["web/node_modules", "api/go;mod", "git-mirror"]
    assert volumes[0]["detached_at"] == "2026-02-28T09:00:00.000Z"
    assert {volume["cluster_id"] for volume in volumes} == {hosted.rpartition("/")[2]}


def test_volumes_are_deleted_by_tag(api, hosted):
    path = f"{hosted}/cache_volumes"
    first, *others = api.get(path).json()
    gone = api.request("DELETE", path, json={"tag": first["tag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.get(path).json() == others
    again = api.request("DELETE", path, json={"tag": first["tag"]})
    assert again.json() == {"message": f"No cache volume found for tag: {first['tag']}"}
    assert again.status_code == 404
    assert api.request("DELETE", path, json={"tag": others[0]["id"]}).status_code == 404
    assert api.request("DELETE", path, json={"tag": "ios/pods"}).status_code == 404
    assert api.get(path).json() == others


def test_a_cluster_becomes_hosted_with_its_first_hosted_queue(api, clusters):
    cluster = clusters["Experiments"]
    queue = api.post(f"{cluster}/queues", json={"key": "x", "hostedAgents": {"instanceShape": SMALL}}).json()
    image = api.post(f"{cluster}/agent-images", json={"name": "x", "dockerfile": ""})
    assert image.status_code == 201
    api.delete(queue["url"])
    assert api.get(image.json()["url"]).status_code == 404
    assert api.get(f"{cluster}/agent-images").json() == []
