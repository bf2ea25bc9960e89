"""The audit log: recorded events, lists and single events."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import READ_ONLY_TOKEN

from .caller import ADA as ADA_ID
from .caller import API, CLUSTER, PIPELINES, WEB

ACME = "/v2/organizations/acme"
STEPS = "steps: [{command: make}]"
EVENTS_PATH = f"{ACME}/audit_events"
TEAM = {"name": "Logged", "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
ADA = {"type": "User", "uuid": ADA_ID, "name": "Ada Lovelace"}


@pytest.fixture
def new(api):
    """Return a function that returns the events since its last call, the oldest first."""
    seen = {event["uuid"] for event in latest(api)}

    def new():
        found = [event for event in latest(api) if event["uuid"] not in seen]
        seen.update(event["uuid"] for event in found)
        return found[::-1]

    return new


def latest(api):
    return api.get(f"{EVENTS_PATH}?per_page=100").json()["items"]


def summary(events):
    return [(event["type"], event["subject"]["type"], event["subject"]["name"]) for event in events]


def test_lifecycle_of_a_pipeline_is_recorded(api, new, clock):
    body = {"name": "Logged", "repository": "git@github.com:acme/x.git", "cluster_id": CLUSTER, "configuration": STEPS}
    pipeline = api.post(PIPELINES, json=body).json()
    clock.advance(5)
    url = api.patch(pipeline["url"], json={"name": "Renamed", "tags": ["a"]}).json()["url"]
    api.post(f"{url}/archive")
    api.delete(url)
    events = new()
    assert summary(events) == [
        ("PipelineCreatedEvent", "Pipeline", "Logged"),
        ("PipelineUpdatedEvent", "Pipeline", "Renamed"),
        ("PipelineUpdatedEvent", "Pipeline", "Renamed"),
        ("PipelineDeletedEvent", "Pipeline", "Renamed"),
    ]
    assert {event["subject"]["uuid"] for event in events} == {pipeline["id"]}
    assert [event["data"] for event in events] == [body, {"name": "Renamed"}, {}, {}]
    assert [event["occurred_at"][17:] for event in events] == ["00.000Z", "05.000Z", "05.000Z", "05.000Z"]
    assert all(event["actor"] == ADA for event in events)


def test_the_context_describes_the_request(api, new):
    token = api.get("/v2/access-token").json()["uuid"]
    api.put(f"{ACME}/pipeline-settings/public-pipelines", headers={"User-Agent": "me/1"})
    (event,) = new()
    assert event["context"] == {
        "type": "APIContext",
        "request_ip": "127.0.0.1",
        "request_user_agent": "me/1",
        "request_api_access_token_uuid": token,
    }
    assert event["subject"] == {"type": "Organization", "uuid": api.get(ACME).json()["id"], "name": "acme"}
    assert event["url"] == f"{API}{EVENTS_PATH}/{event['uuid']}"
    assert api.get(event["url"]).json() == event
    assert api.get(f"{EVENTS_PATH}/{event['uuid'].upper()}").json() == event


def test_reads_failed_requests_and_builds_are_not_recorded(api, new, create):
    api.get(WEB)
    assert api.post(PIPELINES, json={}).status_code == 422
    assert api.patch(f"{PIPELINES}/nope", json={"name": "x"}).status_code == 404
    assert api.as_owner_of(READ_ONLY_TOKEN).delete(WEB).status_code == 403
    create()
    assert new() == []
