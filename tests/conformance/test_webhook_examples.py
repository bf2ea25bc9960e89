"""The webhooks of the spec match the payloads in Buildkite's documentation.

Most of the documented payloads have gaps, which the example of the spec fills. The collection of payloads is not part
of the project, so the tests that need it are skipped without it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conformance.test_corpus import lost
from tests.unit.client.openapi_document import document, problems

from buildkite_rest import models

COLLECTION = Path(__file__).parents[3] / "shared" / "corpus" / "webhooks.jsonl"
GAP = "..."

NO_EVENT = "build.started"
"""An example in the documentation that no page lists as an event, and that webhooks do not support."""

EVENTS = {
    "ping",
    *(f"build.{name}" for name in ("scheduled", "running", "failing", "finished", "skipped")),
    *(f"job.{name}" for name in ("scheduled", "started", "finished", "activated", "promised_exit_status")),
    *(f"agent.{name}" for name in ("connected", "lost", "disconnected", "stopping", "stopped", "blocked")),
    "cluster_token.registration_blocked",
    "package.created",
}

DECODER = msgspec.json.Decoder(models.WebhookEvent)


def samples() -> list[Any]:
    if not COLLECTION.is_file():
        return []
    found = [json.loads(line) for line in COLLECTION.read_text(encoding="utf-8").splitlines() if line]
    return [pytest.param(line, id=line["source"].rpartition("/")[2]) for line in found if line["event"] != NO_EVENT]


def webhook(event: str) -> dict[str, Any]:
    """Return the request body of a webhook in the spec."""
    return document()["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]


def completed(sample: Any, example: Any) -> Any:
    """Fill the gaps of `sample` from `example`."""
    if isinstance(sample, dict) and isinstance(example, dict):
        return {**example, **{key: completed(value, example.get(key)) for key, value in sample.items() if key != GAP}}
    return example if sample == GAP else sample


def test_the_spec_has_every_event():
    assert set(document()["webhooks"]) == EVENTS


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_an_example_decodes_to_its_event(event):
    for example in webhook(event)["examples"].values():
        read = DECODER.decode(json.dumps(example["value"]).encode())
        assert read.event == event
        assert lost(example["value"], read) == []


@pytest.mark.skipif(not COLLECTION.is_file(), reason=f"there is no collection of payloads in {COLLECTION}")
@pytest.mark.parametrize("sample", samples())
def test_a_published_payload_matches_the_spec(sample):
    event = sample["event"]
    example = next(iter(webhook(event)["examples"].values()))["value"]
    payload = completed(sample["body"], example)
    assert problems(f"/webhooks/{event}/post/requestBody/content/application~1json/schema", payload) == []
    read = DECODER.decode(json.dumps(payload).encode())
    assert read.event == event
    assert lost(payload, read) == []


@pytest.mark.skipif(not COLLECTION.is_file(), reason=f"there is no collection of payloads in {COLLECTION}")
def test_one_published_payload_is_not_an_event():
    events = [json.loads(line)["event"] for line in COLLECTION.read_text(encoding="utf-8").splitlines() if line]
    assert [event for event in events if event not in EVENTS] == [NO_EVENT]
