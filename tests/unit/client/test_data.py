"""Models to dictionaries and JSON, and back. tests/conformance/test_round_trip.py has each model."""

import json
import math
from datetime import UTC, datetime

import pytest
from tests.unit.client.support import build

from buildkite_rest import DecodeError, UnknownVariant, from_dict, from_json, models, to_dict, to_json, webhooks

TOKEN = {"uuid": "u", "scopes": [], "created_at": "2026-03-02 09:15:00 UTC"}
JOB = {"id": "j", "type": "quantum", "qubits": [1]}


def test_a_dictionary_has_all_fields_with_the_names_of_the_api():
    step = from_json(models.Step, '{"type": "trigger", "async": true}')
    assert to_dict(step) == {
        "type": "trigger",
        **dict.fromkeys(models.TriggerStep.__struct_encode_fields__),
        "async": True,
    }
    assert list(to_dict([models.User(id="1"), models.User(id="2", name="Ada")])[0]) == list(
        to_dict(models.User(id="3", email="a"))
    )


@pytest.mark.parametrize("text", ["2026-03-02 09:15:00 UTC", "2026-03-02T09:15:00Z", "9999-12-31T23:59:59.999999Z"])
def test_times_are_text_or_datetime_objects(text):
    token = from_json(models.AccessToken, json.dumps({**TOKEN, "created_at": text}))
    assert to_dict(token)["created_at"] == text.replace(" UTC", "Z").replace(" ", "T")
    as_datetime = to_dict({"tokens": [token]}, datetimes=True)["tokens"][0]["created_at"]
    assert (type(as_datetime), as_datetime) == (datetime, token.created_at)
    assert from_dict(models.AccessToken, to_dict(token, datetimes=True)) == token


def test_secrets_are_included():
    token = models.ClusterAgentToken(id="1", token="s3cret")
    assert "s3cret" not in repr(token)
    assert to_dict(token)["token"] == "s3cret"
    assert '"token":"s3cret"' in to_json(token)


def test_lists_and_plain_data_may_contain_models():
    user = models.User(id="1", name="Ada")
    assert json.loads(to_json({"users": [user], "at": datetime(2026, 3, 2, tzinfo=UTC), "n": 1})) == {
        "users": [to_dict(user)],
        "at": "2026-03-02T00:00:00Z",
        "n": 1,
    }
    assert from_json(list[models.User], to_json([user])) == [user]
    assert to_json([]) == "[]"
    assert to_json({"a": "é"}, indent=1) == '{\n "a": "é"\n}'


def test_unknown_kinds_are_their_data():
    job = from_json(models.Job, json.dumps(JOB))
    assert (type(job), to_dict(job), type(to_dict([job])[0])) == (UnknownVariant, JOB, dict)
    assert from_json(list[models.Job], to_json([job])) == [job]
    event = webhooks.parse(b'{"event": "pipeline.moved", "to": 1}')
    assert webhooks.parse(to_json(event).encode()) == event


@pytest.mark.parametrize("number", ["1e999", "-Infinity", "NaN", str(2**64), str(-(10**300)), "9" * 5000])
def test_numbers_that_do_not_fit_are_preserved(number):
    found = from_json(models.BuildTestEngine, f'{{"runs": {number}}}')
    again = from_json(models.BuildTestEngine, to_json(found))
    assert repr(again.runs) == repr(found.runs)
    assert isinstance(found.runs, str) == (len(number) == 5000)
    assert math.isnan(found.runs) if number == "NaN" else again == found


@pytest.mark.parametrize("text", ["\ud800", "\ud83d\ude00 \u2028 \x00", "\U0001f600"])
def test_json_can_always_be_encoded(text):
    user = models.User(id=text)
    sent = to_json(user).encode()
    assert from_json(models.User, sent).id == json.loads(json.dumps(text))


NOT_DATA = {
    "empty": (models.Build, "", "data is not JSON: line 1, column 1"),
    "cut": (models.Build, '{"id":\n "1', "data is not JSON: line 2, column 2"),
    "garbage after a value": (models.Build, "{} x", "data is not JSON: line 1, column 4"),
    "deep": (models.Build, "[" * 100_000, "data is nested too deeply"),
    "list": (models.Build, "[{}]", "data is not an object, but of the type list"),
    "null": (models.Job, "null", "data is not an object, but null"),
    "object": (list[models.Build], b"{}", "data is not a list of objects, but of the type dict"),
}


@pytest.mark.parametrize(("kind", "data", "message"), NOT_DATA.values(), ids=NOT_DATA)
def test_other_data_is_refused_in_one_line(kind, data, message):
    with pytest.raises(DecodeError) as caught:
        from_json(kind, data)
    assert (str(caught.value), caught.value.operation_id) == (message, None)
    if not message.startswith("data is n") or "type" in message or "null" in message:
        with pytest.raises(DecodeError, match=message):
            from_dict(kind, json.loads(data))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_json(models.Build, None), "data must be str or bytes, not None"),
        (
            lambda: from_json(int, "1"),
            "type must be a model, a union of models or a list of models, such as models.Build",
        ),
        (lambda: from_dict(list, []), "type must be a model, a union of models or a list of models, .*"),
        (lambda: from_json("Build", "{}"), "type must be a model, .*"),
        (lambda: from_json(models.Build, "{}", extra_fields=1), "extra_fields must be a bool, not int"),
        (lambda: to_dict(object()), "Encoding objects of type object is unsupported"),
        (lambda: to_dict({}, datetimes="no"), "datetimes must be a bool, not str"),
        (lambda: to_json({}, indent="  "), "indent must be an int, not str"),
    ],
)
def test_invalid_arguments_are_type_errors(call, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        call()


def test_invalid_values_are_value_errors():
    with pytest.raises(ValueError, match=r"^indent must be at least 0, not -1$"):
        to_json({}, indent=-1)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for encode in (to_dict, to_json):
        with pytest.raises(ValueError, match=r"^value is nested too deeply$"):
            encode({"deep": deep})


def test_a_mismatch_is_decoded_leniently():
    found = from_json(models.Build, json.dumps(build(state="new", number="one", created_at="soon")))
    assert (found.state, found.number, found.created_at) == ("new", "one", "soon")
    assert from_dict(models.Build, to_dict(found)) == found
    assert from_json(models.Build, b'{"id": "\xff"}').id == "\ufffd"
