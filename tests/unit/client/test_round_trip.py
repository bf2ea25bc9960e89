"""Models and webhook events equal themselves after a round trip, through `to_json` and through plain msgspec.

The payloads are the examples of the spec.
"""

import copy
import json
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, get_origin

import msgspec
import pytest
from attrs import frozen
from tests.each import check_each
from tests.unit.client.openapi_document import described
from tests.unit.client.test_webhooks import EVENTS, webhook

from _buildkite_rest.operations import all_operations
from buildkite_rest import from_dict, from_json, models, to_dict, to_json

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
    for event in sorted(EVENTS):
        for name, example in webhook(event)["examples"].items():
            yield Payload(f"{event}-{name}", example["value"], lambda: models.WebhookEvent)


PAYLOADS = list(payloads())


@cache
def decoder(type_: Callable[[], Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_())


ROUND_TRIPS: dict[str, Callable[[Any, Any], Any]] = {
    "JSON": lambda type_, read: decoder(type_).decode(msgspec.json.encode(read)),
    "JSON of builtins": lambda type_, read: decoder(type_).decode(json.dumps(msgspec.to_builtins(read))),
    "builtins": lambda type_, read: msgspec.convert(msgspec.to_builtins(read), type=type_()),
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
    "to_json in bytes": lambda type_, read: from_json(type_, to_json(read, indent=2).encode(), extra_fields=True),
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
