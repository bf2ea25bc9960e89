"""Decoding of responses: strict, lenient, and refused."""

import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.client.support import API, Script, build, response

from _buildkite_rest.types import parse_datetime
from buildkite_rest import (
    Buildkite,
    DecodeError,
    RawResponse,
    UnknownVariant,
    WebhookError,
    from_json,
    models,
    to_json,
    webhooks,
)
from buildkite_rest.mock import MockServer

SCRIPT_JOB = {
    **dict.fromkeys(("name", "web_url", "command", "exit_status", "artifact_paths", "agent")),
    **dict.fromkeys(("created_at", "scheduled_at", "started_at", "finished_at")),
    "id": "j1",
    "type": "script",
    "state": "passed",
    "log_url": f"{API}/log",
    "raw_log_url": f"{API}/log.txt",
}


def read(connect, body, **options):
    """Return the build that `body` is read as."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connect(Script(httpx.Response(200, content=content)), **options).builds.get("acme", "web", 1)


@pytest.fixture
def mismatches(caplog):
    """The log records about responses that do not match the spec."""
    caplog.set_level(logging.WARNING, "buildkite_rest")
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_matching_response_is_not_reported(connect, mismatches):
    found = read(connect, build(7, jobs=[SCRIPT_JOB], env={"A": "1"}))
    assert type(found) is models.Build
    assert found.created_at == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    assert (found.number, found.jobs[0].type, found.env) == (7, "script", {"A": "1"})
    assert mismatches() == []


def test_absent_and_null_are_both_none(connect, mismatches):
    assert read(connect, build()).finished_at is None
    assert read(connect, build(finished_at=None)).finished_at is None
    assert mismatches() == []


WAYS = {
    "method with a mismatch": lambda client, _: client.organizations.get("acme"),
    "method, extra fields": lambda client, _: client.with_options(extra_fields=True).organizations.get("acme"),
    "from_json": lambda _, body: from_json(models.Organization, json.dumps(body)),
    "raw": lambda _, body: RawResponse(None, 200, {}, json.dumps(body).encode()).json(),
}


@pytest.mark.parametrize("way", WAYS)
def test_json_has_100_levels(connect, way):
    def decode(levels):
        body = 5
        for _ in range(levels):
            body = {"data": body}
        return WAYS[way](connect(Script(response(body))), body)

    decode(100)
    for levels in (101, 700):
        with pytest.raises(DecodeError, match=r"nested too deeply$"):
            decode(levels)


# What a field becomes when it is read leniently, and beside it `number`, which must stay what it is.
LENIENT = {
    "null-in-required": ({"state": None}, "state", None),
    "unknown-enum": ({"state": "levitating"}, "state", "levitating"),
    "text-for-number": ({"number": "one"}, "number", "one"),
    "object-for-array": ({"jobs": {"a": SCRIPT_JOB}}, "jobs", {"a": SCRIPT_JOB}),
    "no-time": ({"created_at": "yesterday"}, "created_at", "yesterday"),
    "second-form-of-time": (
        {"created_at": "2026-03-02 09:15:00 UTC"},
        "created_at",
        datetime(2026, 3, 2, 9, 15, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize(("fields", "name", "value"), LENIENT.values(), ids=LENIENT)
def test_a_field_that_does_not_match_is_preserved_or_an_error(connect, mismatches, fields, name, value):
    with pytest.raises(DecodeError, match=r"getBuild: .*: the response does not match the spec: "):
        read(connect, build(**fields), strict=True)
    assert mismatches() == []
    found = read(connect, build(commit="abc", **fields))
    assert type(found) is models.Build
    assert getattr(found, name) == value
    assert found.commit == "abc"
    assert len(mismatches()) == 1


@pytest.mark.parametrize(
    ("written", "message"),
    [(b"5", 5), (b'"\\ud83d"', "\ud83d"), (b"NaN", None), (b'"caf\xe9"', "caf\ufffd")],
    ids=["other-type", "half-a-character", "not-a-number", "not-utf-8"],
)
def test_an_invalid_item_of_a_list_is_read_like_a_single_one(connect, mismatches, written, message):
    content = json.dumps([build(1), build(2, message="?"), build(3)]).encode().replace(b'"?"', written)
    first, other, last = connect(Script(httpx.Response(200, content=content))).builds.list("acme", "web")
    assert (other.number, other.message) == (2, message) or (message is None and other.message != other.message)
    assert [first, last] == list(connect(Script(response([build(1), build(3)]))).builds.list("acme", "web"))
    assert len(mismatches()) == 1


def test_an_unknown_variant_keeps_tag_and_data(connect):
    other = {"id": "j2", "type": "quantum", "qubits": 5}
    first, second = read(connect, build(jobs=[SCRIPT_JOB, other])).jobs
    assert type(first) is models.ScriptJob
    assert second == UnknownVariant("quantum", other)
    assert (second.type, second.data["qubits"]) == ("quantum", 5)


def test_a_time_without_a_known_zone_is_invalid():
    assert parse_datetime("2026-03-02T11:15:00+02:00") == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    for text in ("", "yesterday", "2026-03-02T09:15:00", "2026-13-02 09:15:00 UTC", "2026-03-02 09:15:00 CET"):
        with pytest.raises(ValueError, match=r".+"):
            parse_datetime(text)


def test_a_mismatch_is_reported_once_for_each_operation(connect, mismatches):
    client = connect(Script(response(build(state=None))))
    client.builds.get("acme", "web", 1)
    client.builds.get("acme", "web", 2)
    client.builds.cancel("acme", "web", 1)
    assert [message.partition(":")[0] for message in mismatches()] == ["getBuild", "cancelBuild"]
    assert ", decoded leniently: Expected `str`, got `null` - at `$.state`" in mismatches()[0]


NO_JSON = {
    "empty": b"",
    "html": b"<html><h1>It works!</h1>",
    "cut-off": b'{"id": "x", "url": ',
    "not-utf-8": b"\xff\xfe",
    "too-deep": b"[" * 100_000,
    "too-deep-in-an-unknown-field": b'{"new": ' + b"[" * 100_000,
    "too-deep-inside": b'{"env": ' + b'{"a": ' * 50_000,
}


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON)
def test_a_body_that_is_not_json_is_a_decode_error(connect, content, strict):
    with pytest.raises(DecodeError, match=r": the response is (not JSON: it |nested too deeply$)") as caught:
        read(connect, content, strict=strict)
    assert len(str(caught.value)) < 200
    assert contexts(caught.value) == []


CALLS = {
    "list": lambda client: list(client.builds.list_all()),
    "list without pages": lambda client: client.emojis.list("acme"),
    "path": lambda client: client.request("GET", "/v2/user"),
    "path with a type": lambda client: client.request("GET", "/v2/user", response_type=models.User),
    "list of a path": lambda client: list(client.paginate("/v2/builds", item_type=models.Build)),
    "GraphQL": lambda client: client.graphql("{ viewer { id } }"),
    "from_json": lambda client: from_json(models.Build, client),
    "raw": lambda client: RawResponse(None, 200, {}, client).json(),
    "webhook": webhooks.parse,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("content", [b'{"id": "\xff', b'[{"token": "s3cret', b"[" * 100_000], ids=len)
def test_no_exception_has_the_whole_body(connect, call, content):
    """`JSONDecodeError.doc` and `UnicodeDecodeError.object` are the body, with its secrets."""
    without_client = call in (CALLS["from_json"], CALLS["raw"], CALLS["webhook"])
    with pytest.raises((DecodeError, WebhookError)) as caught:
        call(content if without_client else connect(Script(httpx.Response(200, content=content))))
    assert contexts(caught.value) == []


def contexts(error):
    """Return the exceptions in the chain of `error`."""
    chain = [each for each in (error.__cause__, error.__context__) if each is not None]
    return chain + [other for each in chain for other in contexts(each)]


def test_a_body_that_is_not_json_is_shown_if_the_response_has_no_secret(connect):
    with pytest.raises(DecodeError, match="it starts with '<html><h1>Login</h1>'"):
        connect(Script(httpx.Response(200, content=b"<html><h1>Login</h1>"))).access_token.get()


@pytest.mark.parametrize(
    ("content", "described"),
    [("token=s3cret", "it has 12 bytes"), ('{"token": "s3cret', "it begins like JSON and has 17 bytes")],
)
def test_a_body_that_is_not_json_is_not_shown_if_the_response_has_a_secret(connect, content, described):
    client = connect(Script(httpx.Response(201, text=content)))
    with pytest.raises(DecodeError, match=f"the response is not JSON: {described}$"):
        client.cluster_agent_tokens.create("acme", "c", description="d")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_body_in_another_encoding_is_decoded(connect, mismatches, encoding):
    content = json.dumps(build(3)).encode(encoding)
    assert read(connect, content) == from_json(models.Build, content) == read(connect, build(3))
    message = "does not match standard JSON"
    assert message in mismatches()[0]
    with pytest.raises(DecodeError, match=message):
        read(connect, content, strict=True)


_ROUNDS = 3
_PROGRAM = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from buildkite_rest import from_json, models

def decode(type):
    together.wait(60)
    return from_json(type, build if type is models.Build else f"[{build}]")

build = sys.stdin.read()
sys.setswitchinterval(1e-6)
types = [models.Build, list[models.Build]] * 4
together = threading.Barrier(len(types))
with ThreadPoolExecutor(len(types)) as executor:
    print(len(list(executor.map(decode, types))))
"""


meeting, met = threading.Barrier(2), list[bool]()


@pytest.fixture(scope="module")
def encoded_build():
    """A build as JSON."""
    with MockServer() as server, Buildkite(server.token, base_url=server.url) as bk:
        return to_json(bk.builds.get("acme", "web", 1))


@pytest.mark.parametrize("_", range(_ROUNDS))
def test_first_uses_of_types_by_several_threads(encoded_build, _):
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, input=encoded_build, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "8\n"), done.stderr
