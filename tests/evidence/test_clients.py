"""Differences between the spec and the Go source of clients. The clients here are of operations of the real API."""

from pathlib import Path

import pytest
from tests.evidence.comparison import Comparison
from tests.evidence.facts import NotASourceError
from tests.evidence.go_client import read_client

CLIENT = (Path(__file__).parent / "clients" / "queues.go").read_text(encoding="utf-8")


@pytest.fixture
def differences(tmp_path, real_document):
    """Compare the real spec with a client after an edit of its source."""

    def compare(source, *edits, document=real_document):
        for old, new in edits:
            assert source.count(old) == 1
            source = source.replace(old, new)
        (tmp_path / "client.go").write_text(source, encoding="utf-8")
        comparison = Comparison(document)
        comparison.add(read_client(tmp_path))
        return {each.key: each for each in comparison.differences}

    return compare


def test_the_client_agrees_with_the_spec(tmp_path, differences):
    assert differences(CLIENT) == {}
    evidence = read_client(tmp_path)
    assert [call.shape[0] for call in evidence.calls] == ["GET", "PATCH", "POST"]
    assert list(evidence.events) == ["build.finished"]


QUEUE = "go response ClusterQueue"
DIFFERENCES = [
    ("queues/%s/pause_dispatch", "queues/%s/pause", "operation POST /v2/organizations/{}/clusters/{}/queues/{}/pause"),
    ('url:"page', 'url:"mood', "query listClusterQueues mood"),
    ('url:"page', 'url:"state,brackets', "query listClusterQueues state[]"),
    ('json:"description', 'json:"mood', "body ClusterQueueUpdate.mood"),
    ('json:"dispatch_paused_note', 'json:"note', "body ClusterQueuePause.note"),
    ('"key"`', '"keys"`', "response ClusterQueue.keys"),
    (
        'Base struct {\n\tID string `json:"id"`',
        'Base struct {\n\tID string `json:"mood"`',
        "response ClusterQueue.mood",
    ),
    ('"build.finished"', '"build.ended"', "event build.ended"),
]


@pytest.mark.parametrize(("old", "new", "missing"), DIFFERENCES, ids=[each[2] for each in DIFFERENCES])
def test_what_the_spec_lacks_is_found(differences, old, new, missing):
    assert set(differences(CLIENT, (old, new))) == {f"go {missing}: not in the spec"}


TYPES = [
    ("Page int", "Page string", "go query listClusterQueues page: string, in the spec integer"),
    ("Optional[string]", "Optional[[]int]", "go body ClusterQueueUpdate.description: array, in the spec string"),
    ("Note string", "Note bool", "go body ClusterQueuePause.dispatch_paused_note: boolean, in the spec string"),
    ("Paused    bool", "Paused    int64", f"{QUEUE}.dispatch_paused: integer, in the spec boolean"),
    ("CreatedBy *Creator", "CreatedBy []Creator", f"{QUEUE}.created_by: array, in the spec object"),
    ('"prefer-different"', '"prefer-cold"', f"{QUEUE}.retry_agent_affinity: value 'prefer-cold' is not in the spec"),
]


@pytest.mark.parametrize(("old", "new", "difference"), TYPES, ids=[each[2] for each in TYPES])
def test_another_type_is_found(differences, old, new, difference):
    assert difference in differences(CLIENT, (old, new))


def test_a_folder_without_requests_is_not_a_client(tmp_path):
    (tmp_path / "client.go").write_text("package queues\n")
    with pytest.raises(NotASourceError, match="no Go source"):
        read_client(tmp_path)
