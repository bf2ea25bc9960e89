"""Types of arguments: one that cannot be sent is a `TypeError` that names the parameter, and nothing is sent."""

from collections import UserDict
from uuid import UUID

import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import UNSET, models

SCRIPT_STEP = {"type": "script", "command": "make"}


def get(client, **arguments):
    return client.builds.get(**{"org": "acme", "pipeline": "web", "number": 1, **arguments})


def list_(client, **arguments):
    return client.builds.list("acme", "web", **arguments)


def create(client, **arguments):
    return client.builds.create("acme", "web", **{"commit": "HEAD", "branch": "main", **arguments})


def create_pipeline(client, **arguments):
    required = {"name": "Web", "cluster_id": "c", "repository": "git@acme.example:web.git"}
    return client.pipelines.create("acme", **{**required, **arguments})


def update_pipeline(client, **arguments):
    return client.pipelines.update("acme", "web", **arguments)


def update_registry(client, **arguments):
    return client.registries.update("acme", "gems", **arguments)


ACCEPTED = {
    "unset": (list_, {"branch": UNSET, "created_from": UNSET, "meta_data": UNSET, "page": UNSET, "per_page": UNSET}),
    "user-dict": (create, {"author": UserDict({"name": "Ada"}), "env": UserDict({"A": None, "B": 1.5})}),
    "model": (create, {"author": models.Author(name="Ada")}),
    "uuid": (get, {"org": UUID(int=7)}),
    "uuid-body": (update_pipeline, {"cluster_id": UUID(int=7)}),
    "step-of-an-unknown-type": (create_pipeline, {"steps": [{"type": "group", "steps": []}]}),
    "plugins-map": (create_pipeline, {"steps": [{**SCRIPT_STEP, "plugins": {"docker#v5": None}}]}),
    "policy": (update_registry, {"oidc_policy": [{"iss": "a", "claims": {"b": {"in": ["c", 1]}, "d": True}}]}),
}


@pytest.mark.parametrize(("call", "arguments"), ACCEPTED.values(), ids=ACCEPTED)
def test_valid_arguments_are_sent(connect, call, arguments):
    script = Script(response([]) if call is list_ else response(build()))
    found = call(connect(script), **arguments)
    if call is list_:
        assert list(found) == []
    assert len(script.requests) == 1
