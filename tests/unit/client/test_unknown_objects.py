"""Objects of a kind that the spec lacks: their data, their attributes, and their text."""

import copy
import json
import pickle

import msgspec
import pytest

from buildkite_rest import UnknownVariant, models, webhooks

TOKEN = {"uuid": "u", "scopes": []}

COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


def read(value, **fields):
    return msgspec.json.decode(json.dumps({**TOKEN, "created_at": value, **fields}), type=models.AccessToken)


JOB = {"id": "j", "type": "quantum", "qubits": 5}
EVENT = {"event": "build.archived", "build": {"token": "hidden"}}
UNKNOWN = {
    "variant": (
        lambda: UnknownVariant("quantum", JOB),
        "type",
        JOB,
        "UnknownVariant(type='quantum', keys=['id', 'type', 'qubits'])",
    ),
    "event": (
        lambda: webhooks.parse(json.dumps(EVENT).encode()),
        "name",
        EVENT,
        "UnknownEvent(name='build.archived')",
    ),
}


@pytest.mark.parametrize(("make", "name", "data", "shown"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_object_of_an_unknown_kind_is_its_data(make, name, data, shown):
    found = make()
    assert msgspec.json.encode(found) == msgspec.json.encode(data)
    assert json.dumps([found]) == json.dumps([data])
    assert msgspec.to_builtins(found) == found.data == data
    assert type(found.data) is dict
    assert repr(found) == shown
    for change in COPIES:
        same = change(found)
        assert (type(same), same, getattr(same, name)) == (type(found), found, getattr(found, name))


@pytest.mark.parametrize(("make", "name", "data", "shown"), UNKNOWN.values(), ids=UNKNOWN)
def test_fields_of_an_object_of_an_unknown_kind_are_attributes(make, name, data, shown):
    """Code for known kinds reads the fields that they have in common."""
    for found in (make(), *(change(make()) for change in COPIES)):
        for key in set(data) - {"event"}:
            assert getattr(found, key) == data[key]
        assert not hasattr(found, "state")
        with pytest.raises(AttributeError, match=f"^this {type(found).__name__} has no field 'state'$"):
            found.state  # noqa: B018
        with pytest.raises(AttributeError):
            found.state = "passed"


def test_the_repr_of_an_unknown_variant_shows_no_values():
    found = UnknownVariant({"token": "s3cret"}, {"type": {"token": "s3cret"}, "token": "s3cret", "x" * 1000: 1})
    assert repr(found).startswith("UnknownVariant(type=<dict>, keys=['type', 'token', 'xxx")
    assert "s3cret" not in repr(found)
    assert len(repr(found)) < 300
