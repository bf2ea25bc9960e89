"""Models to dictionaries and JSON, and back: details, and each model of the spec."""

import copy
import json
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, get_origin

import msgspec
import pytest
from attrs import frozen
from tests.each import check_each
from tests.unit.client.openapi_document import described, document
from tests.unit.client.support import build
from tests.unit.client.test_webhooks import webhook

from _buildkite_rest.operations import all_operations
from buildkite_rest import (
    DecodeError,
    UnknownVariant,
    from_dict,
    from_json,
    models,
    to_dict,
    to_json,
    webhooks,
)

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
    token = models.VncCredentials(username="ada", password="s3cret")
    assert "s3cret" not in repr(token)
    assert to_dict(token)["password"] == "s3cret"
    assert '"password":"s3cret"' in to_json(token)


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


NOT_DATA = {
    "empty": (models.Build, "", "data is not JSON: it is empty"),
    "cut": (models.Build, '{"id":\n "1', "data is not JSON: line 2, column 2"),
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


USER = models.User(id="1")
MODEL = "model must be a model of the spec, a list of models or a union of models, such as .*"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        *(
            (lambda each=each: from_json(each, "{}"), MODEL)
            for each in (int, "Build", USER, models.Build | models.User)
        ),
        (lambda: from_dict(list, []), MODEL),
        (lambda: to_dict(object()), "value is a object, which cannot be represented in JSON"),
        (lambda: to_json({"1": "a", 1: "b"}), "the keys of value must be str, not int"),
        (lambda: to_dict([{"a": {None: 1}}]), r"the keys of value\[0\]\['a'\] must be str, not None"),
    ],
)
def test_invalid_arguments_are_type_errors(call, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        call()


def test_invalid_values_are_value_errors():
    with pytest.raises(ValueError, match="4300 digits"):
        to_json({"n": 10**5000})
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for encode in (to_dict, to_json):
        with pytest.raises(ValueError, match=r"^value is nested deeper than 100 levels, or contains itself$"):
            encode({"deep": deep})


def test_a_time_equals_itself_after_a_round_trip_or_is_refused():
    for offset in (timedelta(hours=2), timedelta(hours=1, seconds=5), -timedelta(microseconds=1)):
        user = models.User(id="1", created_at=datetime(2026, 3, 2, tzinfo=timezone(offset)))
        assert from_json(models.User, to_json(user)) == user
        assert from_dict(models.User, to_dict(user, datetimes=True)) == user
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))
    for moment in (first, last):  # not in the years that a datetime in UTC can hold
        token = models.AccessToken(uuid="1", scopes=[], created_at=moment)
        for value in (models.User(id="1", created_at=moment), token):  # times in one form, and in two
            assert from_json(type(value), to_json(value)) == value
            assert from_dict(type(value), to_dict(value)) == value
    naive = {"at": [datetime(2026, 3, 2)]}  # noqa: DTZ001 - that it has no time zone is tested
    for encode in (to_dict, to_json):
        with pytest.raises(ValueError, match=r"^value\['at'\]\[0\] has no time zone"):
            encode(naive)
    assert to_dict(naive, datetimes=True) == naive


def test_an_object_shares_nothing_with_its_dictionaries():
    data = build(env={"A": "1"}, new={"a": [1]}, jobs=[JOB])
    found = from_dict(models.Build, data, extra_fields=True)
    text, copied = to_json(found), to_dict(found)
    for changed in (data, copied):
        changed["env"]["A"] = "2"
        changed["new"]["a"].append(2)
        changed["jobs"][0]["qubits"].append(2)
        assert to_json(found) == text


RECORDS = {record.id: record for _, _, record in all_operations() if record.returns == "json"}


@frozen
class Payload:
    """A response body or a webhook, and the type of the object that it is decoded into."""

    name: str
    body: Any
    type: Callable[[], Any]

    def __str__(self) -> str:
        """Return the id of the test case."""
        return self.name


def payloads() -> Iterator[Payload]:
    for record in RECORDS.values():
        operation = described()[record.id]
        for status in record.success:
            for name, body in operation.examples(status):
                yield Payload(f"{record.id}-{status}-{name}", body, record.result)
    for event in document()["webhooks"]:
        for name, example in webhook(event)["examples"].items():
            yield Payload(f"{event}-{name}", example["value"], lambda: models.WebhookEvent)


PAYLOADS = list(payloads())


@cache
def decoder(type_: Callable[[], Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_())


ROUND_TRIPS: dict[str, Callable[[Any, Any], Any]] = {
    "JSON": lambda type_, read: decoder(type_).decode(msgspec.json.encode(read)),
    "builtins and datetime": lambda type_, read: msgspec.convert(
        msgspec.to_builtins(read, builtin_types=(datetime,)), type=type_()
    ),
    "MessagePack": lambda type_, read: msgspec.msgpack.decode(msgspec.msgpack.encode(read), type=type_()),
    "copy": lambda _, read: copy.copy(read),
    "deepcopy": lambda _, read: copy.deepcopy(read),
    "pickle": lambda _, read: pickle.loads(pickle.dumps(read)),
}


@pytest.mark.parametrize("round_trip", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_an_object_equals_itself_after(round_trip):
    def check(payload):
        read = decoder(payload.type).decode(json.dumps(payload.body))
        assert round_trip(payload.type, read) == read == msgspec.convert(payload.body, type=payload.type())

    check_each({str(payload): (payload,) for payload in PAYLOADS}, check)


NEW_KEY = "x_new_key"
JUNK = (
    None,
    True,
    "yesterday",
    "2026-03-02 09:15:00 UTC",
    2**80,
    float("inf"),
    "\ud800\u2028",
    [[1], {}],
    {"type": "new"},
)


def extended(value: Any) -> Any:
    """Return JSON with another field in each object."""
    if isinstance(value, dict):
        return {key: extended(each) for key, each in value.items()} | {NEW_KEY: {"a": [None]}}
    return [extended(each) for each in value] if isinstance(value, list) else value


def damaged(value: Any, choice: random.Random) -> Any:
    """Return JSON in which one value of ten is another one."""
    if choice.random() < 0.1:
        return choice.choice(JUNK)
    if isinstance(value, dict):
        return {key: damaged(each, choice) for key, each in value.items()}
    return [damaged(each, choice) for each in value] if isinstance(value, list) else value


def damaged_body(body: Any, name: str) -> Any:
    """Return a damaged response body, which is still an object or a list."""
    choice = random.Random(name)
    if isinstance(body, dict):
        return {key: damaged(each, choice) for key, each in body.items()}
    return [damaged(each, choice) for each in body]


DATA_ROUND_TRIPS: dict[str, Callable[[Any, Any], Any]] = {
    "to_json": lambda type_, read: from_json(type_, to_json(read), extra_fields=True),
    "to_dict": lambda type_, read: from_dict(type_, to_dict(read), extra_fields=True),
    "datetimes": lambda type_, read: from_dict(type_, to_dict(read, datetimes=True), extra_fields=True),
    "copy": ROUND_TRIPS["copy"],
    "deepcopy": ROUND_TRIPS["deepcopy"],
    "pickle": ROUND_TRIPS["pickle"],
}
BODIES: dict[str, Callable[[Payload], Any]] = {
    "plain": lambda payload: payload.body,
    "extended": lambda payload: extended(payload.body),
    "damaged": lambda payload: damaged_body(extended(payload.body), payload.name),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_nothing_is_lost_in_data(body, caplog):
    def check(payload):
        sent, expected = json.dumps(body(payload)), payload.type()
        read = from_json(expected, sent, extra_fields=True)
        assert to_json(read).count(NEW_KEY) == sent.count(NEW_KEY)
        for name, round_trip in DATA_ROUND_TRIPS.items():
            again = round_trip(expected, read)
            assert again == read, name
            assert to_dict(again, datetimes=True) == to_dict(read, datetimes=True), name  # extra fields too

    # A map is a dict after decoding, which json reads and writes.
    models_only = {str(payload): (payload,) for payload in PAYLOADS if get_origin(payload.type()) is not dict}
    check_each(models_only, check)
    assert caplog.records == []
