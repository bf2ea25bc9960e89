"""What a change shows of its effects, and of what it should not have changed."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

import pytest

from buildkite_rest.conformance.api import Api, Kind
from buildkite_rest.conformance.exchange import Exchange, Request
from buildkite_rest.conformance.rules import Context
from buildkite_rest.conformance.rules.effects import effect_problems
from buildkite_rest.conformance.rules.frame import Effect, Snapshot, frame_problems

NOW: Final = datetime.now(UTC)
USER: Final = {"id": "u", "name": "Ada"}
PARENT: Final = {"org": "acme", "cluster_id": "c"}
QUEUE: Final = {"id": "q", "key": "default", "description": "Linux", "created_at": NOW.isoformat(), "created_by": USER}
OTHER: Final = {"id": "o", "key": "other", "description": "Mac"}
VALUES: Final = {**PARENT, "queue_id": "q"}


@cache
def context() -> Context:
    return Context(Api.load(), user=USER)


def kind() -> Kind:
    return next(each for each in context().api.kinds if each.get is context().api.by_id["getClusterQueue"])


def exchange(
    name: str, body: Any, *, sent: Any = None, status: int = 200, values: Mapping[str, str] = VALUES
) -> Exchange:
    operation = context().api.by_id[name]
    known = {key: values[key] for key in operation.parameters}
    date = {"Date": format_datetime(NOW, usegmt=True)}
    url = f"http://localhost{operation.path_with(known)}"
    return Exchange(Request(operation, known, body=sent), status, date, json.dumps(body).encode(), url)


def reads(queue: Mapping[str, Any], *others: Mapping[str, Any]) -> Snapshot:
    return Snapshot([exchange("getClusterQueue", queue), exchange("listClusterQueues", [queue, *others])])


CREATED: Final[dict[str, tuple[dict[str, Any], dict[str, Any], str]]] = {
    "value": ({"description": "Mac"}, {}, "description is 'Linux' instead of 'Mac'"),
    "text": ({"description": "Linux "}, {}, "description is 'Linux' instead of 'Linux '"),
    "default": ({}, {"retry_agent_affinity": "none"}, "instead of the default 'prefer-warmest'"),
    "time": ({}, {"created_at": "2020-01-01T00:00:00Z"}, "but the object was created at"),
    "creator": ({}, {"created_by": {"id": "v"}}, "instead of the token's user u"),
    "unlisted": ({"url": "x"}, {"url": "x"}, "although the request body has no such property"),
    "nothing": ({"description": "Linux"}, {}, ""),
}


@pytest.mark.parametrize("case", CREATED)
def test_a_new_object_is_what_was_sent(case: str) -> None:
    sent, changes, message = CREATED[case]
    cause = exchange("createClusterQueue", {**QUEUE, **changes}, sent={"key": "default", **sent}, status=201)
    effect = Effect(kind(), {}, creates=True).having_created(cause)
    found = [text for _, _, text in effect_problems(context(), Snapshot([]), cause, Snapshot([]), effect)]
    assert any(message in text for text in found) if message else not found


def test_a_new_object_is_listed_and_read_as_it_was_returned() -> None:
    cause = exchange("createClusterQueue", QUEUE, sent={"key": "default"}, status=201)
    effect = Effect(kind(), {}, creates=True).having_created(cause)
    after = Snapshot([exchange("listClusterQueues", [OTHER]), exchange("getClusterQueue", {**QUEUE, "hosted": True})])
    found = [text for _, _, text in effect_problems(context(), Snapshot([]), cause, after, effect)]
    assert found == ["the new object q is not in the list"]
    after = Snapshot([exchange("getClusterQueue", {**QUEUE, "description": None})])
    assert "differs" in next(text for _, _, text in effect_problems(context(), Snapshot([]), cause, after, effect))


UPDATED: Final = {
    "another property": (reads({**QUEUE, "key": "new"}, OTHER), "key changed from 'default' to 'new'"),
    "another object": (reads(QUEUE, {**OTHER, "description": ""}), "description of another object, o, changed"),
    "a lost object": (reads(QUEUE), "the item o is gone"),
    "another order": (reads(OTHER, QUEUE), "the items are in another order"),
    "a further object": (reads(QUEUE, OTHER, {"id": "p"}), "the item p is new"),
    "an error": (Snapshot([exchange("getClusterQueue", {}, status=404)]), "gets 404 instead of 200"),
    "the property": (reads({**QUEUE, "description": "Mac", "dispatch_paused": None}, OTHER), ""),
}


@pytest.mark.parametrize("case", UPDATED)
def test_an_update_changes_nothing_else(case: str) -> None:
    after, message = UPDATED[case]
    effect = Effect(kind(), QUEUE, changes=frozenset({"description"}))
    found = [text for _, text in frame_problems(context(), reads(QUEUE, OTHER), after, effect)]
    assert any(message in text for text in found) if message else not found


def test_a_request_may_change_several_objects() -> None:
    after = reads({**QUEUE, "description": "x"}, {**OTHER, "description": "x"})
    effect = Effect(kind(), QUEUE, changes=frozenset({"description"}), together=frozenset({"o"}))
    assert not [*frame_problems(context(), reads(QUEUE, OTHER), after, effect)]
