"""Types of arguments: a wrong one is a `TypeError` that names the parameter, and nothing is sent."""

import json
from collections import UserDict
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

import pytest
from tests.each import check_each
from tests.unit.client.support import Script, answer, build

from buildkite_rest import UNSET, models

SCRIPT_STEP = {"type": "script", "command": "make"}


class Text(StrEnum):
    MAIN = "main"


class Number(IntEnum):
    ONE = 1


class Index:
    """An integer of another library."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


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


def create_rule(client, **arguments):
    return client.rules.create("acme", **{"type_": "pipeline.trigger_build.pipeline", **arguments})


def update_registry(client, **arguments):
    return client.registries.update("acme", "gems", **arguments)


def retry(client, **arguments):
    return client.builds.retry_failed_jobs("acme", "web", 1, **arguments)


def get_log(client, **arguments):
    return client.jobs.get_log("acme", "job", **arguments)


def copy(client, **arguments):
    return client.packages.copy("acme", "gems", "p", **arguments)


def list_step_uploads(client, **arguments):
    return client.step_uploads.list("acme", "web", 1, **arguments)


PARAMETERS = {
    "int-as-text": (get, {"number": "261"}, "number must be an int, not str ('261')"),
    "int-null": (get, {"number": None}, "number must be an int, not None"),
    "int-unset": (get, {"number": UNSET}, "number must be an int, not UNSET"),
    "int-float": (get, {"number": 1.0}, "number must be an int, not float (1.0)"),
    "int-bool": (list_, {"page": True}, "page must be an int, not bool (True)"),
    "text-null": (get, {"pipeline": None}, "pipeline must be a str, not None"),
    "text-bytes": (get, {"org": b"acme"}, "org must be a str, not bytes (b'acme')"),
    "text-int": (get, {"pipeline": 5}, "pipeline must be a str, not int (5)"),
    "bool-int": (list_, {"exclude_jobs": 1}, "exclude_jobs must be a bool, not int (1)"),
    "bool-text": (list_, {"exclude_jobs": "yes"}, "exclude_jobs must be a bool, not str ('yes')"),
    "time-text": (
        list_,
        {"created_from": "yesterday"},
        "created_from must be a datetime with a time zone, not str ('yesterday')",
    ),
    "time-date": (
        list_,
        {"created_from": date(2026, 3, 2)},
        "created_from must be a datetime with a time zone, not date (datetime.date(2026, 3, 2))",
    ),
    "filter-int": (list_, {"branch": 5}, "branch must be a str or a list of str, not int (5)"),
    "filter-mapping": (list_, {"branch": {}}, "branch must be a str or a list of str, not dict"),
    "filter-generator": (
        list_,
        {"state": (state for state in ["failed"])},
        "state must be a str or a list of str, not generator",
    ),
    "filter-item": (list_, {"branch": ["main", 5]}, "branch[1] must be a str, not int (5)"),
    "filter-null-item": (list_, {"branch": [None]}, "branch[0] must be a str, not None"),
    "mapping-text": (list_, {"meta_data": "k=v"}, "meta_data must be a mapping, not str ('k=v')"),
    "mapping-value": (list_, {"meta_data": {"k": 1}}, "meta_data['k'] must be a str, not int (1)"),
    "header": (create, {"traceparent": 5}, "traceparent must be a str, not int (5)"),
    "name-in-python": (list_step_uploads, {"filter_": 5}, "filter_ must be a mapping, not int (5)"),
    "required-query": (copy, {"to": None}, "to must be a str, not None"),
    "long": (get, {"number": "9" * 90}, f"number must be an int, not str ('{'9' * 60}'…)"),
    "line-break": (get, {"number": "1\n\x1b[0m"}, r"number must be an int, not str ('1\n\x1b[0m')"),
    "huge": (get, {"pipeline": 1 << 20_000}, "pipeline must be a str, not int (20001 bits)"),
}

BODIES = {
    "list-for-text": (retry, {"states": ["failed"]}, "states must be a str, not list"),
    "text-int": (create, {"message": 5}, "message must be a str, not int"),
    "text-bytes": (create, {"message": b"secret"}, "message must be a str, not bytes"),
    "null": (create, {"message": None}, "message must be a str, not None; leave it out or pass UNSET"),
    "null-required": (create, {"commit": None}, "commit must be a str, not None"),
    "unset-required": (create, {"commit": UNSET}, "commit must be given"),
    "unset-required-name-in-python": (create_rule, {"type_": UNSET, "value": {}}, "type_ must be given"),
    "int-for-null-or-text": (update_pipeline, {"description": 5}, "description must be a str or None, not int"),
    "int-text": (create, {"pull_request_id": "5"}, "pull_request_id must be an int, not str"),
    "int-bool": (create, {"pull_request_id": True}, "pull_request_id must be an int, not bool"),
    "bool-int": (create, {"clean_checkout": 1}, "clean_checkout must be a bool, not int"),
    "array-text": (create, {"pull_request_labels": "bug"}, "pull_request_labels must be a list of str, not str"),
    "array-item": (create, {"pull_request_labels": ["a", 5]}, "pull_request_labels[1] must be a str, not int"),
    "object-text": (create, {"author": "Ada"}, "author must be a mapping, not str"),
    "object-field": (create, {"author": {"name": 3}}, "author.name must be a str, not int"),
    "object-key": (create, {"author": {"nmae": "Ada"}}, "author has no key 'nmae'. Did you mean name?"),
    "object-key-like-no-other": (create, {"author": {"pronouns": "she"}}, "author has no key 'pronouns'"),
    "item-key": (
        create_pipeline,
        {"steps": [{**SCRIPT_STEP, "comand": "make"}]},
        "steps[0] has no key 'comand'. Did you mean command?",
    ),
    "object-null": (create, {"author": {"name": None}}, "author.name must be a str, not None; leave it out"),
    "object-unset": (create, {"author": {"name": UNSET}}, "author.name must be a str, not UNSET; leave it out"),
    "mapping-text": (create, {"meta_data": "k=v"}, "meta_data must be a mapping, not str"),
    "mapping-pairs": (create, {"env": [("A", "1")]}, "env must be a mapping, not list"),
    "mapping-value": (
        create,
        {"env": {"A": ["secret"]}},
        "env['A'] must be a str, an int, a float, a bool or None, not list",
    ),
    "missing-key": (
        create_rule,
        {"value": {"source_pipeline": "a"}},
        "value.target_pipeline must be given",
    ),
    "step": (create_pipeline, {"steps": ["make"]}, "steps[0] must be a mapping, not str"),
    "step-without-tag": (create_pipeline, {"steps": [{"command": "make"}]}, "steps[0].type must be given"),
    "step-field": (
        create_pipeline,
        {"steps": [SCRIPT_STEP, {**SCRIPT_STEP, "command": 5}]},
        "steps[1].command must be a str or None, not int",
    ),
    "policy": (update_registry, {"oidc_policy": 5}, "oidc_policy must be a str, a list of mappings or None, not int"),
}


def test_a_wrong_type_is_refused_before_anything_is_sent(connect):
    script = Script(answer(build()))
    client = connect(script)

    def check(call, arguments, message):
        with pytest.raises(TypeError) as error:
            call(client, **arguments)
        assert str(error.value) == message
        assert script.requests == []

    check_each(PARAMETERS | BODIES, check)


ACCEPTED = {
    "text-enumeration": (list_, {"branch": Text.MAIN, "state": Text.MAIN}),
    "int-enumeration": (get, {"number": Number.ONE}),
    "unknown-state": (list_, {"state": "faild"}),
    "unknown-states": (list_, {"state": {"faild"}}),
    "tuple": (list_, {"branch": ("main", "dev")}),
    "none": (list_, {"branch": None, "created_from": None, "meta_data": None, "page": None, "per_page": None}),
    "unset": (list_, {"branch": UNSET, "created_from": UNSET, "meta_data": UNSET, "page": UNSET, "per_page": UNSET}),
    "user-dict": (create, {"author": UserDict({"name": "Ada"}), "env": UserDict({"A": None, "B": 1.5})}),
    "model": (create, {"author": models.Author(name="Ada")}),
    "uuid": (get, {"org": UUID(int=7)}),
    "uuid-filter": (list_, {"creator": UUID(int=7)}),
    "uuid-body": (update_pipeline, {"cluster_id": UUID(int=7)}),
    "index": (get, {"number": Index(1)}),
    "index-filter": (list_, {"page": Index(1), "per_page": Index(5)}),
    "index-body": (create, {"pull_request_id": Index(1)}),
    "null-where-the-api-has-it": (update_pipeline, {"description": None}),
    "steps": (create_pipeline, {"steps": [SCRIPT_STEP, {"type": "waiter"}]}),
    "step-of-an-unknown-type": (create_pipeline, {"steps": [{"type": "group", "steps": []}]}),
    "step-model": (create_pipeline, {"steps": (models.ScriptStep(command="make"),)}),
    "plugins-list": (create_pipeline, {"steps": [{**SCRIPT_STEP, "plugins": [{"docker#v5": {"image": "a"}}]}]}),
    "plugins-map": (create_pipeline, {"steps": [{**SCRIPT_STEP, "plugins": {"docker#v5": None}}]}),
    "policy-text": (update_registry, {"oidc_policy": "- iss: a"}),
    "policy": (update_registry, {"oidc_policy": [{"iss": "a", "claims": {"b": {"in": ["c", 1]}, "d": True}}]}),
}


@pytest.mark.parametrize(("call", "arguments"), ACCEPTED.values(), ids=ACCEPTED)
def test_valid_arguments_are_sent(connect, call, arguments):
    script = Script(answer([]) if call is list_ else answer(build()))
    found = call(connect(script), **arguments)
    if call is list_:
        assert list(found) == []
    assert len(script.requests) == 1


def test_identifiers_are_sent_as_the_api_writes_them(connect):
    script = Script(answer(build()))
    uuid = UUID("01920000-0000-7000-8000-00000000ABCD")
    get(connect(script), org=uuid, number=Index(7))
    update_pipeline(connect(script), cluster_id=uuid)
    create(connect(script), pull_request_id=Index(7))
    assert script.paths[0] == f"/v2/organizations/{uuid}/pipelines/web/builds/7"
    assert json.loads(script.requests[1].content) == {"cluster_id": str(uuid)}
    assert json.loads(script.requests[2].content)["pull_request_id"] == 7


def test_a_query_omits_none(connect):
    script = Script(answer([]))
    list(connect(script).builds.list("acme", "web", state=None, branch="main", per_page=None, max_items=5))
    assert script.paths == ["/v2/organizations/acme/pipelines/web/builds?branch=main&per_page=5"]


def test_a_time_without_a_zone_is_named_by_its_field(connect):
    client = connect(Script(answer({})))
    with pytest.raises(ValueError, match=r"^created_from has no time zone\. Write datetime\("):
        list_(client, created_from=datetime(2026, 3, 2))  # noqa: DTZ001 - that is the mistake
    moment = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"^expires_at has no time zone\. Write datetime\("):
        client.cluster_agent_tokens.create("acme", "c", description="d", expires_at=moment)
    client.cluster_agent_tokens.create("acme", "c", description="d", expires_at=moment.replace(tzinfo=UTC))
