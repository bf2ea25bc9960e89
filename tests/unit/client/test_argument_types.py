"""Types of arguments: one that cannot be sent is a `TypeError` that names the parameter, and nothing is sent."""

from collections import UserDict
from datetime import date
from enum import IntEnum, StrEnum
from uuid import UUID

import pytest
from tests.each import check_each
from tests.unit.client.support import Script, build, response

from buildkite_rest import UNSET, models

SCRIPT_STEP = {"type": "script", "command": "make"}


class Text(StrEnum):
    MAIN = "main"


class Number(IntEnum):
    ONE = 1


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


REFUSED = {
    "path-null": (get, {"number": None}, "number must be a str or an int, not None"),
    "path-float": (get, {"number": 1.0}, "number must be a str or an int, not float"),
    "path-bytes": (get, {"org": b"acme"}, "org must be a str or an int, not bytes"),
    "query-date": (
        list_,
        {"created_from": date(2026, 3, 2)},
        "created_from must be a str, int, bool or datetime, not date",
    ),
    "query-generator": (
        list_,
        {"state": (state for state in ["failed"])},
        "state must be a str, int, bool or datetime, not generator",
    ),
    "query-null-item": (list_, {"branch": [None]}, "branch must be a str, int, bool or datetime, not None"),
    "query-mapping": (list_, {"meta_data": "k=v"}, "meta_data must be a mapping, not str"),
    "body-bytes": (create, {"message": b"secret"}, "message is a bytes, which cannot be represented in JSON"),
    "body-unset": (
        create,
        {"author": {"name": UNSET}},
        "author['name'] is UNSET, which cannot be represented in JSON; leave the key out",
    ),
}


def test_a_value_that_cannot_be_sent_is_refused(connect):
    script = Script(response(build()))
    client = connect(script)

    def check(call, arguments, message):
        with pytest.raises(TypeError) as error:
            call(client, **arguments)
        assert str(error.value) == message
        assert script.requests == []

    check_each(REFUSED, check)


ACCEPTED = {
    "text-enumeration": (list_, {"branch": Text.MAIN, "state": Text.MAIN}),
    "int-enumeration": (get, {"number": Number.ONE}),
    "unknown-state": (list_, {"state": "faild"}),
    "tuple": (list_, {"branch": ("main", "dev")}),
    "none": (list_, {"branch": None, "created_from": None, "meta_data": None, "page": None, "per_page": None}),
    "unset": (list_, {"branch": UNSET, "created_from": UNSET, "meta_data": UNSET, "page": UNSET, "per_page": UNSET}),
    "user-dict": (create, {"author": UserDict({"name": "Ada"}), "env": UserDict({"A": None, "B": 1.5})}),
    "model": (create, {"author": models.Author(name="Ada")}),
    "uuid": (get, {"org": UUID(int=7)}),
    "uuid-filter": (list_, {"creator": UUID(int=7)}),
    "uuid-body": (update_pipeline, {"cluster_id": UUID(int=7)}),
    "null-where-the-api-has-it": (update_pipeline, {"description": None}),
    "steps": (create_pipeline, {"steps": [SCRIPT_STEP, {"type": "waiter"}]}),
    "step-of-an-unknown-type": (create_pipeline, {"steps": [{"type": "group", "steps": []}]}),
    "step-model": (create_pipeline, {"steps": (models.ScriptStep(command="make"),)}),
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
