"""Models and webhook events equal themselves after a round trip through plain msgspec, without a hook.

The payloads are the examples of the spec, and the correct examples of Buildkite's documentation.
"""

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import pytest
from attrs import frozen
from tests.conformance.test_corpus import RIGHT, is_success
from tests.conformance.test_webhook_examples import EVENTS, completed, samples, webhook
from tests.each import check_each
from tests.unit.client.description import described

from _buildkite_rest.operations import all_operations
from buildkite_rest import models

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
    for sample in samples():
        [published] = sample.values
        example = next(iter(webhook(published["event"])["examples"].values()))["value"]
        yield Payload(f"corpus-{sample.id}", completed(published["body"], example), lambda: models.WebhookEvent)
    for example in RIGHT:
        if is_success(example):
            yield Payload(f"corpus-{example}", example.body, RECORDS[example.operation.id].result)


PAYLOADS = list(payloads())


@cache
def decoder(type_: Callable[[], Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_())


def decoded(payload: Payload) -> Any:
    return decoder(payload.type).decode(json.dumps(payload.body))


def test_payloads_cover_all_operations_and_events():
    names = [str(payload) for payload in PAYLOADS]
    assert {name.partition("-")[0] for name in names} - {"corpus"} == {*RECORDS, *EVENTS}
    assert len(names) > 200


def check_payloads(check: Callable[[Payload, Any], None]) -> None:
    """Call `check` with each payload and the object that it is decoded into."""
    check_each({str(payload): (payload,) for payload in PAYLOADS}, lambda payload: check(payload, decoded(payload)))


def test_an_object_equals_itself_after_json():
    def check(payload, read):
        assert decoder(payload.type).decode(msgspec.json.encode(read)) == read
        assert decoder(payload.type).decode(json.dumps(msgspec.to_builtins(read))) == read

    check_payloads(check)


def test_an_object_equals_itself_after_builtins():
    def check(payload, read):
        assert msgspec.convert(msgspec.to_builtins(read), type=payload.type()) == read
        with_times = msgspec.to_builtins(read, builtin_types=(datetime,))
        assert msgspec.convert(with_times, type=payload.type()) == read
        assert msgspec.convert(payload.body, type=payload.type()) == read

    check_payloads(check)


@pytest.mark.parametrize("change", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_an_object_equals_its_copy(change):
    def check(_, read):
        assert change(read) == read

    check_payloads(check)


def test_an_object_equals_itself_after_msgpack():
    def check(payload, read):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(read), type=payload.type()) == read

    check_payloads(check)
