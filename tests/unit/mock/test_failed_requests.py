"""A request that fails has no effect."""

from __future__ import annotations

import attrs
import pytest

from buildkite_rest.mock.http.errors import UnprocessableError
from buildkite_rest.mock.server import app

from .caller import CLUSTER, PIPELINES, WEB

ACME = "/v2/organizations/acme"
SUITE = "/v2/analytics/organizations/acme/suites/rspec"
TEAM = {"name": "New", "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
#: Requests that succeed and change objects, lists and mappings of each kind.
CHANGES = [
    ("POST", f"{WEB}/builds", {"commit": "HEAD", "branch": "main", "meta_data": {"a": "1"}}),
    ("PUT", f"{WEB}/builds/{{failed}}/rebuild", None),
    ("PUT", f"{WEB}/builds/{{failed}}/retry_failed_jobs", None),
    ("PUT", f"{WEB}/builds/{{running}}/cancel", None),
    ("POST", f"{WEB}/builds/{{failed}}/annotations", {"body": "x", "context": "failures", "append": True}),
    ("PATCH", WEB, {"name": "Site", "env": {"A": "1"}, "tags": ["x"]}),
    ("DELETE", WEB, None),
    ("POST", f"{WEB}/archive", None),
    ("POST", f"{WEB}/schedules", {"cronline": "@daily"}),
    ("POST", f"{ACME}/clusters", {"name": "New"}),
    ("POST", f"{ACME}/clusters/{CLUSTER}/queues", {"key": "gpu"}),
    ("PUT", f"{ACME}/agents/{{agent}}/stop", {"force": True}),
    ("POST", f"{ACME}/teams", TEAM),
    ("PATCH", f"{SUITE}/tests/{{test}}/labels", {"operator": "add", "labels": ["x"]}),
    ("PUT", f"{SUITE}/tests/{{test}}/mute", None),
    ("DELETE", "/v2/access-token", None),
]  # fmt: skip


@pytest.fixture
def names(api):
    """Ids of objects, by name."""
    builds = {state: api.get(f"{WEB}/builds", params={"state": state}).json()[0] for state in ("failed", "running")}
    return {
        **{state: build["number"] for state, build in builds.items()},
        "agent": api.get(f"{ACME}/agents").json()[0]["id"],
        "test": api.get(f"{SUITE}/tests").json()[0]["id"],
    }


def state_of(value, seen):
    """Return everything that can be reached from a value, as text and lists."""
    if isinstance(value, str | bytes | int | float | None):
        return repr(value)
    if id(value) in seen:
        return f"object {seen[id(value)]}"
    if attrs.has(type(value)):
        seen[id(value)] = len(seen)
        # Jobs of seeded builds are made when they are first read, and logs of executions when first counted.
        fields = [name for name in attrs.fields_dict(type(value)) if name not in {"_contents", "results", "clock"}]
        contents = [] if getattr(value, "_contents", None) is None else [value.contents]
        return [
            type(value).__name__,
            *(state_of(getattr(value, name), seen) for name in fields),
            contents and state_of(contents, seen),
        ]
    if isinstance(value, dict):
        return [(state_of(key, seen), state_of(item, seen)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [state_of(item, seen) for item in value]
    return type(value).__name__


@pytest.mark.parametrize("change", CHANGES, ids="{0[0]} {0[1]}".format)
def test_a_change_is_undone_if_there_is_no_response(api, backend, names, monkeypatch, change):
    method, path, body = change
    for build in backend.builds.values():
        assert build.contents
    before, original = state_of(backend, {}), app.respond_and_record
    called = []

    def fail(*arguments):
        called.append(original(*arguments))
        assert state_of(backend, {}) != before
        raise UnprocessableError("too late")

    monkeypatch.setattr(app, "respond_and_record", fail)
    assert api.request(method, path.format(**names), json=body).status_code == 422
    assert called[0].status < 300
    assert state_of(backend, {}) == before


def test_a_response_that_cannot_be_sent_has_no_effect(api, backend, monkeypatch):
    before, original = state_of(backend, {}), app.respond_and_record

    def unsendable(*arguments):
        return attrs.evolve(original(*arguments), headers={"Location": "\u2026"})

    monkeypatch.setattr(app, "respond_and_record", unsendable)
    with pytest.raises(UnicodeEncodeError):
        api.post(f"{ACME}/clusters", json={"name": "New"})
    assert state_of(backend, {}) == before


@pytest.mark.parametrize("escape", [r"\ud83d\ude00", r"\ud83d"])
def test_yaml_with_an_escaped_surrogate_is_refused(api, escape):
    body = {"name": "x", "repository": "x", "cluster_id": CLUSTER, "configuration": f'steps: [{{label: "{escape}"}}]'}
    with api.unchanged(PIPELINES):
        assert api.post(PIPELINES, json=body).status_code == 422
