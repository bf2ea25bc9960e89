"""Differences between the spec and the Go source of clients. The clients here are of operations of the real API."""

from copy import deepcopy
from pathlib import Path

import pytest
from tests.evidence.comparison import Comparison
from tests.evidence.facts import NotASourceError
from tests.evidence.go_requests import read_client


def _source(name):
    return (Path(__file__).parent / "clients" / f"{name}.go").read_text(encoding="utf-8")


CLIENT = _source("queues")


@pytest.fixture
def differences(tmp_path, real_document):
    """Compare the real spec with a client after an edit of its source."""

    def compare(source, *edits, document=real_document):
        for old, new in edits:
            assert source.count(old) == 1
            source = source.replace(old, new)
        (tmp_path / "client.go").write_text(source, encoding="utf-8")
        comparison = Comparison(document)
        comparison.add(read_client(tmp_path, "go"))
        return {each.key: each for each in comparison.differences}

    return compare


def test_the_client_agrees_with_the_spec(tmp_path, differences):
    assert differences(CLIENT) == {}
    evidence = read_client(tmp_path, "go")
    assert [call.shape[0] for call in evidence.calls] == ["GET", "PATCH", "POST"]
    assert list(evidence.events) == ["build.finished"]


QUEUE = "go response ClusterQueue"
DIFFERENCES = [
    ("queues/%s/pause_dispatch", "queues/%s/pause", "operation POST /v2/organizations/{}/clusters/{}/queues/{}/pause"),
    ('url:"page', 'url:"mood', "query listClusterQueues mood"),
    ('url:"page', 'url:"state,brackets', "query listClusterQueues state[]"),
    ('json:"description', 'json:"mood', "body ClusterQueueUpdate.mood"),
    ('"dispatch_paused_note":', '"note":', "body ClusterQueuePause.note"),
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
    (
        "value.ValueString()",
        "value.ValueBool()",
        "go body ClusterQueuePause.dispatch_paused_note: boolean, in the spec string",
    ),
    ("Paused    bool", "Paused    int64", f"{QUEUE}.dispatch_paused: integer, in the spec boolean"),
    ("CreatedBy *Creator", "CreatedBy []Creator", f"{QUEUE}.created_by: array, in the spec object"),
    ('"prefer-different"', '"prefer-cold"', f"{QUEUE}.retry_agent_affinity: value 'prefer-cold' is not in the spec"),
]


@pytest.mark.parametrize(("old", "new", "difference"), TYPES, ids=[each[2] for each in TYPES])
def test_another_type_is_found(differences, old, new, difference):
    assert difference in differences(CLIENT, (old, new))


def test_a_difference_has_its_file_and_line(tmp_path, differences):
    [found] = differences(CLIENT, ('Key       string     `json:"key"`', 'Key       string     `json:"keys"`')).values()
    line = 1 + CLIENT.splitlines().index('\tKey       string     `json:"key"`')
    assert str(found.location) == f"{tmp_path / 'client.go'}:{line}"


def test_a_property_of_a_shared_type_is_in_the_spec_if_one_schema_has_it(differences):
    # The registry in a package has no emoji, but the client decodes both registries into the same type.
    assert set(differences(_source("packages"))) == {
        "go response Registry.mood: not in the spec",
        "go response RegistryReference.mood: not in the spec",
        "go query getPackage per_page: not in the spec",
    }


def test_a_type_that_decodes_itself_may_have_another_type(differences):
    method = "func (c *Creator) UnmarshalJSON(data []byte) error {\n}\n"
    renamed = ('ID   string `json:"id"` // its UUID', 'ID string `json:"mood"`')
    as_text = ("Affinity string", "Affinity []int")
    difference = f"{QUEUE}.retry_agent_affinity: array, in the spec string"
    assert difference in differences(CLIENT, as_text)
    assert difference not in differences(CLIENT + method.replace("Creator", "Affinity"), as_text)
    assert "go response User.mood: not in the spec" in differences(CLIENT + method, renamed)


def test_an_interface_is_any_of_the_structs_with_its_methods(differences):
    source = _source("settings")
    assert set(differences(source)) == {"go body ProviderSettingsInput.mood: not in the spec"}


def test_values_of_maps(differences):
    assert set(differences(_source("policies"))) == {"go body RegistryOidcClaims.mood: not in the spec"}


def test_bodies_may_be_maps_and_forms(differences):
    source = _source("bodies")
    assert set(differences(source)) == {
        "go body RegistryCreate.mood: not in the spec",
        "go body PackagePublish.mood: not in the spec",
        "go body TeamMemberUpdate.mood: not in the spec",
        "go query copyPackage into: not in the spec",
    }


@pytest.mark.parametrize("entries", ['"role": role, "mood": role', '"mood": role, "role": role'])
def test_each_key_of_a_map_in_one_line_is_compared(differences, entries):
    found = differences(_source("bodies"), ('{"mood": role}', f"{{{entries}}}"))
    assert "go body TeamMemberUpdate.mood: not in the spec" in found


PROVIDER = _source("provider")


def test_former_faults_of_the_spec_are_found(differences, real_document):
    assert differences(PROVIDER) == {}
    document = deepcopy(real_document)
    schemas = document["components"]["schemas"]
    settings = schemas["NotificationServiceSettings"]["properties"]
    del settings["event_source_name"]
    settings["include_build_meta_data"] = {"type": "boolean"}
    [own] = [part for part in schemas["PortalCreator"]["allOf"] if "properties" in part]
    del own["properties"]["uuid"]
    for schema in ("JobAgent", "Agent"):
        for part in (schemas[schema], *schemas[schema].get("allOf", ())):
            part.get("properties", {}).pop("cluster_url", None)
    assert set(differences(PROVIDER, document=document)) == {
        "go response NotificationServiceSettings.event_source_name: not in the spec",
        "go response NotificationServiceSettings.include_build_meta_data: string, in the spec boolean",
        "go response PortalCreator.uuid: not in the spec",
        "go response Agent.cluster_url: not in the spec",
    }


def test_a_folder_without_requests_is_not_a_client(tmp_path):
    (tmp_path / "client.go").write_text("package queues\n")
    with pytest.raises(NotASourceError, match="no Go source"):
        read_client(tmp_path, "go")
