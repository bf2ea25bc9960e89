"""Each rule reports the exchanges that break it, and no documented ones."""

import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest
from attrs import evolve

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.exchange import Exchange, Request
from buildkite_rest.conformance.rules import Context, problems_of

API = Api.load()
BASE = "https://api.buildkite.com"
NOW = 1_790_000_000
ID = "01920000-0000-7000-8000-000000000901"
OTHER = "01920000-0000-7000-8000-000000000902"
HEADERS = {
    "Content-Type": "application/json",
    "Date": formatdate(NOW, usegmt=True),
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link",
    **{f"RateLimit-{name}": value for name, value in (("Limit", "200"), ("Remaining", "180"), ("Reset", "40"))},
    **{f"RateLimit-User-{name}": value for name, value in (("Limit", "50"), ("Remaining", "40"), ("Reset", "40"))},
    "RateLimit-Scope": "rest",
    "RateLimit-User-Scope": "rest_user",
}


def exchange(name: str, status: int, content: bytes, values: Mapping[str, str], **request: Any) -> Exchange:
    operation = API.by_id[name]
    headers = HEADERS if content else {key: HEADERS[key] for key in HEADERS if key != "Content-Type"}
    sent = Request(operation, values, **request)
    return Exchange(sent, status, headers, content, f"{BASE}{sent.path}", {"Authorization": "Bearer x"})


def example(name: str, status: int = 200, *, changes: Mapping[str, Any] | None = None, **request: Any) -> Exchange:
    """Return a documented response, with other properties in the object or the first item."""
    operation = API.by_id[name]
    media = API.resolve(operation.node["responses"][str(status)])["content"]["application/json"]
    body = json.loads(json.dumps(API.resolve(next(iter(media["examples"].values())))["value"]))
    item = body[0] if isinstance(body, list) else body
    values = {key: str(item.get(key, item.get("id"))) for key in operation.parameters}
    for url in (item.get("url"), item.get("build_url")):
        found = API.find("GET", str(url).removeprefix(BASE)) if url else None
        values |= {} if found is None else {key: value for key, value in found[1].items() if key in values}
    item.update(changes or {})
    return exchange(name, status, json.dumps(body).encode(), values, **request)


def with_headers(original: Exchange, **headers: str | None) -> Exchange:
    changed = {**original.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return evolve(original, headers={name: value for name, value in changed.items() if value is not None})


def found(*exchanges: Exchange, **context: Any) -> list[tuple[str, str]]:
    known = Context(API, **context)
    return [problem for each in exchanges for problem in problems_of(each, known)]


BROKEN_BODIES: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("getBuild", {"surprise": 1}, "response_schema_conformance", "'surprise' was unexpected"),
    ("getBuild", {"graphql_id": "Sm9iLS0tMQ=="}, "response_schema_conformance", "/graphql_id"),
    ("getBuild", {"state": "running", "blocked": False}, "body_consistency", "state is 'running', but finished_at is"),
    ("getBuild", {"blocked": True, "blocked_state": None}, "body_consistency", "blocked_state is None"),
    ("getBuild", {"started_at": "2015-05-09T21:05:59Z"}, "time_consistency", "started_at is"),
    ("getBuild", {"finished_at": "2999-01-01T00:00:00Z"}, "time_consistency", "finished_at is in the future"),
    ("getBuild", {"id": ID}, "id_consistency", f"instead of {ID}"),
    ("getBuild", {"web_url": "https://buildkite.com/acme"}, "url_consistency", "web_url does not contain"),
    ("getBuild", {"url": f"{BASE}/v2/organizations/x/pipelines/web/builds/1"}, "url_consistency", "has the org x"),
    ("listBuilds", {"url": f"{BASE}/v2/organizations/x/pipelines/web/builds/1"}, "url_consistency", "has the org x"),
    ("getAgent", {"connection_state": "lost", "lost_at": None}, "body_consistency", "but lost_at is None"),
    ("getAgent", {"ip_address": "somewhere"}, "body_consistency", "ip_address is not in the form"),
    ("getAgent", {"paused": True, "paused_at": None}, "body_consistency", "paused is True without paused_at"),
    ("getRule", {"action": "read"}, "body_consistency", "type is"),
    ("getJobLog", {"size": 1}, "body_consistency", "size is 1, but content has"),
    (
        "listBuilds",
        {"job_state_counts": {"total": 0, "states": {}}},
        "response_schema_conformance",
        'is not allowed for "job_state_counts"',
    ),
]


@pytest.mark.parametrize(("name", "changes", "check", "message"), BROKEN_BODIES)
def test_a_body_that_contradicts_itself_or_the_spec(
    name: str, changes: Mapping[str, Any], check: str, message: str
) -> None:
    query = {"include_test_engine": "true"} if name == "getBuild" else {}  # the example has what it includes
    assert found(example(name, query=query)) == []
    problems = found(example(name, changes=changes, query=query))
    assert any(check == each and message in text for each, text in problems)


BROKEN_HEADERS: list[tuple[str, str | None, str, str]] = [
    ("Content-Type", "text/html", "content_type_conformance", "the Content-Type is text/html"),
    ("Access-Control-Allow-Origin", None, "cors_conformance", "is not *"),
    ("RateLimit-Scope", None, "response_headers_conformance", "RateLimit-Scope is missing"),
    ("RateLimit-Reset", str(NOW), "response_headers_conformance", "greater than the maximum"),
    ("RateLimit-Remaining", "201", "rate_limit_conformance", "is 201 with a limit of 200"),
    ("X-Token", "bkua_secret_token", "secret_conformance", "contains the token"),
]


@pytest.mark.parametrize(("name", "value", "check", "message"), BROKEN_HEADERS)
def test_a_wrong_header(name: str, value: str | None, check: str, message: str) -> None:
    problems = found(with_headers(example("getUser"), **{name: value}), secrets=lambda: ["bkua_secret_token"])

    assert [(each, message in text) for each, text in problems] == [(check, True)]


def test_an_etag_is_that_of_one_body() -> None:
    other = example("getUser", changes={"name": "Another"})
    problems = found(*(with_headers(each, ETag='"1"') for each in (example("getUser"), other)))

    assert [check for check, _ in problems] == ["header_value"]


def test_an_error_about_the_method_has_the_allowed_ones() -> None:
    sent = exchange("getUser", 405, b'{"message": "Method not allowed"}', {}, method="PUT")

    assert [text for _, text in found(sent)] == ["the error has no header Allow with the methods of the path"]


def at(seconds: int, remaining: int, reset: int) -> Exchange:
    date, limit = formatdate(NOW + seconds, usegmt=True), {"RateLimit_User_Remaining": str(remaining)}
    return with_headers(example("getUser"), Date=date, RateLimit_User_Reset=str(reset), **limit)


@pytest.mark.parametrize(
    ("exchanges", "message"),
    [
        ([at(0, 40, 40), at(1, 39, 39), at(60, 49, 40)], ""),
        ([at(0, 40, 40), at(1, 41, 39)], "rises from 40 to 41"),
        ([at(0, 40, 40), at(10, 39, 38)], ""),  # counted at once, dated when it was complete
        ([at(0, 40, 40)] * 12, "is 40 after 11 requests"),
    ],
)
def test_the_course_of_a_limit(exchanges: list[Exchange], message: str) -> None:
    problems = [text for check, text in found(*exchanges) if check == "rate_limit_conformance"]

    assert bool(problems) == bool(message)
    assert message in "".join(problems)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"message": "No build found"}', ""),
        (b"", "no body"),
        (b'{"message": "<html><body>No"}', "is HTML"),
        (b'{"message": "No", "errors": [{"code": "missing"}]}', '"field" is a required property'),
        (b'{"message": "undefined method `id` in app.rb:3"}', "inside of the server"),
        (b'{"message": "No", "build": {"id": 1, "url": "x"}}', "'build' was unexpected"),
    ],
)
def test_an_error(content: bytes, message: str) -> None:
    sent = exchange("createBuild", 422, content, {"org": "acme", "pipeline": "web"}, body={})
    problems = [text for _, text in found(sent)]

    assert bool(problems) == bool(message)
    assert message in "".join(problems)


def test_values_of_a_finished_job_do_not_change() -> None:
    first, second = (
        example("getJob", changes={"finished_at": text}) for text in ("2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")
    )

    assert [check for check, _ in found(first, second)] == ["changed_value"]


def test_undescribed_fields_are_listed_if_they_are_no_failure() -> None:
    context = Context(API, is_local=False)

    assert list(problems_of(example("getUser", changes={"surprise": 1}), context)) == []
    assert {(each.operation, each.path, each.found) for each in context.undescribed} == {
        ("GET /v2/user", "/surprise", "int")
    }


def test_all_documented_examples_are_consistent() -> None:
    checks = {
        "body_consistency",
        "time_consistency",
        "id_consistency",
        "response_schema_conformance",
        "error_conformance",
    }
    for operation in API.operations:
        for status in operation.statuses:
            media = API.resolve(operation.node["responses"][str(status)]).get("content", {}).get("application/json", {})
            for each in media.get("examples", {}).values():
                content = json.dumps(API.resolve(each)["value"]).encode()
                sent = exchange(operation.id, status, content, dict.fromkeys(operation.parameters, "x"))
                problems = found(with_headers(sent, Date=None))  # the times are of another day
                assert [text for check, text in problems if check in checks] == [], operation.id
