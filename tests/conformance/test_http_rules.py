"""Rules of headers, errors and invalid bodies."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.clock_header import Clock
from buildkite_rest.conformance.confidential import Confidential
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.error_rules import allow_problems, error_problems, field_problems
from buildkite_rest.conformance.forged_tokens import malformed_credentials, unknown_credentials
from buildkite_rest.conformance.header_rules import (
    Sample,
    entry_problems,
    head_problems,
    html_problems,
    location_problems,
    media_type_problems,
    new_location_problems,
    range_problems,
    rate_limit_order_problems,
    rate_limit_value_problems,
    text_problems,
)
from buildkite_rest.conformance.invalid_bodies import invalid_bodies, property_names
from buildkite_rest.conformance.response_checks import organization_problems, preflight_problems
from buildkite_rest.conformance.snapshots import changed_property
from buildkite_rest.conformance.spec import Spec
from buildkite_rest.conformance.validators import Validators

JSON = "application/json; charset=utf-8"
OPERATIONS = {operation.id: operation for operation in SPEC.operations}


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Not Found"},
        {"message": "Validation Failed", "errors": [{"field": "name", "code": "missing"}]},
        {"message": "You have exceeded your API rate limit.", "scope": "rest", "limit": 1, "current": 2, "reset": 3},
    ],
)
def test_documented_errors(body: object) -> None:
    assert list(error_problems(JSON, json.dumps(body))) == []


@pytest.mark.parametrize(
    ("content_type", "text", "problem"),
    [
        (JSON, "", "no body"),
        ("text/html", "<h1>Not Found</h1>", "Content-Type text/html"),
        (JSON, "Not Found", "not a JSON object"),
        (JSON, '["Not Found"]', "not a JSON object"),
        (JSON, '{"error": "Not Found"}', "no message"),
        (JSON, '{"message": ""}', "no message"),
        (JSON, '{"message": {"text": "No"}}', "no message"),
        (JSON, '{"message": "<html><body>No</body></html>"}', "is HTML"),
        (JSON, '{"message": "No", "errors": "name"}', "not a list"),
        (JSON, '{"message": "No", "errors": []}', "is empty"),
        (JSON, '{"message": "No", "errors": [{"code": "missing"}]}', "has no field"),
        (JSON, '{"message": "No", "errors": [{"field": "name", "code": 5}]}', "has no code"),
        (JSON, '{"message": "undefined method `id\' for nil"}', "inside of the server"),
        (JSON, '{"message": "app/models/build.rb:12"}', "inside of the server"),
        (JSON, '{"message": "No", "backtrace": []}', "the property 'backtrace'"),
        (JSON, '{"message": "No", "team": {"id": "1", "slug": "web"}}', "an object of the API"),
        (JSON, '{"message": "No", "id": "1", "url": "https://api.example/v2/user"}', "an object of the API"),
    ],
)
def test_other_errors(content_type: str, text: str, problem: str) -> None:
    assert problem in "\n".join(error_problems(content_type, text))


def test_an_error_may_quote_the_request() -> None:
    text = json.dumps({"message": "<html cannot be set"})
    assert list(error_problems(JSON, text, '{"<html": 1}')) == []
    assert list(error_problems(JSON, json.dumps({"message": "<html cannot be set</body><body>"}), '{"<html": 1}'))


NAMES = frozenset({"name", "cluster_id", "default_branch", "settings", "url"})


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ({"errors": [{"field": "name", "code": "missing"}]}, "name", None),
        ({"errors": [{"field": "settings.url", "code": "invalid"}]}, "settings.url", None),
        ({"errors": [{"field": "url", "code": "invalid"}]}, "settings.url", None),
        ({"errors": [{"field": "cluster", "code": "must exist"}]}, "cluster_id", None),
        ({"errors": [{"field": "base", "code": "is invalid"}]}, "name", None),
        ({"message": "Name can't be blank"}, "name", None),
        ({"message": "The request is invalid"}, "name", None),
        ({"errors": [{"field": "url", "code": "invalid"}]}, "name", "name url instead of name"),
        (
            {"errors": [{"field": "name", "code": "missing"}, {"field": "url", "code": "invalid"}]},
            "name",
            "name url too",
        ),
        ({"message": "default_branch is missing"}, "cluster_id", "names default_branch instead of cluster_id"),
    ],
)
def test_errors_name_the_field(body: object, field: str, problem: str | None) -> None:
    problems = "\n".join(field_problems(body, field, NAMES))

    assert (problem in problems) if problem else problems == ""


def test_allow() -> None:
    assert list(allow_problems("GET, HEAD, OPTIONS", "POST", ["GET"])) == []
    assert list(allow_problems("", "POST", ["GET"])) == ["a 405 has no Allow"]
    assert list(allow_problems("PUT, POST", "POST", ["PUT", "GET"])) == [
        "a 405 to POST lists POST in Allow",
        "Allow does not list GET",
    ]


def test_head() -> None:
    get = {"Content-Type": JSON, "Link": '<https://a.example?page=2>; rel="next"', "RateLimit-Limit": "200"}

    assert list(head_problems(get, get)) == []
    assert list(head_problems(get, {**get, "Content-Type": "text/html"})) == [
        f"Content-Type of HEAD is 'text/html', that of GET is {JSON!r}"
    ]
    assert list(head_problems(get, {"Content-Type": JSON, "RateLimit-Limit": "200"})) == ["Link is missing in HEAD"]
    assert list(head_problems({}, {"Location": "x"})) == ["Location is only in HEAD"]
    assert list(head_problems(get, {**get, "Link": '<https://a.example?page=3>; rel="next"'})) == [
        "Link of HEAD has rel=next https://a.example?page=3, that of GET https://a.example?page=2"
    ]
    cursors = ({"Link": f'<https://a.example?after={cursor}&per_page=1>; rel="next"'} for cursor in "xy")
    assert list(head_problems(*cursors)) == []


def limits(limit: object, remaining: object, **more: str) -> Mapping[str, str]:
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), **more}


def test_rate_limit_values() -> None:
    warning = {"RateLimit-Warning": "You have exceeded your API rate limit."}

    assert list(rate_limit_value_problems({})) == []
    assert list(rate_limit_value_problems(limits(200, 199))) == []
    assert list(rate_limit_value_problems(limits(200, 0, **warning))) == []
    assert "more than the limit of 200" in next(rate_limit_value_problems(limits(200, 201)))
    assert "while 5 requests remain" in next(rate_limit_value_problems(limits(200, 5, **warning)))


def samples(*values: tuple[float, int, int], limit: int = 200) -> list[Sample]:
    return [Sample(time, limit, remaining, reset) for time, remaining, reset in values]


FALLING = samples(*((n / 10, 150 - n, 42) for n in range(8)))


@pytest.mark.parametrize(
    "values",
    [
        [],
        FALLING,
        samples((0, 150, 42), (10, 100, 32), (41, 199, 60)),
        samples((0, 1, 1), (0.5, 199, 60), (1, 198, 60)),
        samples(*((n / 10, 150 - n // 2 * 7, 42) for n in range(8))),
        samples((0, 0, 42), (1, 0, 41), (2, 0, 40)),
        samples(*((n / 10, 150 - n, 1) for n in range(4)), *((n / 10, 203 - n, 60) for n in range(4, 8))),
        samples((0, 150, 20), (70, 199, 10)),
    ],
)
def test_limits_that_fall(values: list[Sample]) -> None:
    assert list(rate_limit_order_problems("RateLimit", values)) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (samples((0, 150, 42), (0.1, 151, 42)), "rises from 150 to 151 before the reset"),
        (samples((0, 150, 42), (1, 149, 60)), "Reset rises from 42 to 60"),
        (samples(*((n / 10, 150, 42) for n in range(8))), "does not fall"),
        (samples(*((n / 10, 150 - 2 * n, 42) for n in range(8))), "falls by at least 2"),
        (samples(*((n / 10, 150 - 2 * n, 1) for n in range(8))), "falls by at least 2"),
        (samples(*((n / 10, 150 - 2 * n, 1 if n < 5 else 60) for n in range(8))), "falls by at least 2"),
        (samples((0, 150, 1), (0.1, 151, 1)), "rises from 150 to 151 before the reset"),
        (samples((0, 150, 60), (20, 149, 60)), "falls from 60 to 60 in 20 seconds"),
        ([*samples((0, 150, 60)), *samples((0, 149, 60), limit=100)], "changes from 200 to 100"),
    ],
)
def test_other_limits(values: list[Sample], problem: str) -> None:
    assert problem in "\n".join(rate_limit_order_problems("RateLimit", values))


@pytest.mark.parametrize(
    ("content_type", "content", "accept", "problem"),
    [
        (JSON, b"{}", "application/json", None),
        (JSON, b"null", "", None),
        ("text/html; charset=utf-8", b"<p>", "text/html", None),
        ("text/html; charset=utf-8", b"<p>", "text/plain, text/html;q=0.5", None),
        ("text/plain", b"x", "text/*", None),
        (JSON, b"<p>", "", "is not JSON"),
        ("application/json; charset=latin-1", b"{}", "", "charset is latin-1"),
        (JSON, b"{}", "text/plain", "although Accept is text/plain"),
    ],
)
def test_media_types(content_type: str, content: bytes, accept: str, problem: str | None) -> None:
    problems = list(media_type_problems(content_type, content, accept))

    assert (problem in problems[0]) if problem else problems == []


def test_text_and_html_of_a_log() -> None:
    log = "\x1b[32mpassed\x1b[0m 12 <examples> of everything\n"
    page = '<span class="term-fg32">passed</span> 12 &lt;examples&gt; of everything\n'

    assert list(text_problems(log, log)) == []
    assert list(html_problems(page, log)) == []
    assert list(html_problems("", "")) == []
    assert "It has markup" in next(text_problems(page, "passed"))
    assert list(html_problems("", log)) == ["the HTML is empty, although the text is not"]
    assert "the HTML has control sequences" in list(html_problems(f"\x1b[0m{page}", log))
    assert "the HTML has no markup, although the text has colours" in list(html_problems("passed 12 everything", log))
    assert "the HTML does not escape the text" in list(html_problems(page.replace("&lt;", "<"), log))
    assert "the HTML has less than half of the words of the text" in list(html_problems("<b>x</b>", log))


def test_ranges() -> None:
    whole = b"0123456789"

    def problems(header: str, part: bytes) -> list[str]:
        return list(range_problems({"Content-Range": header}, part, whole, 4))

    assert problems("bytes 6-9/10", b"6789") == []
    assert "ends at 8 instead of 9" in problems("bytes 5-8/10", b"5678")[0]
    assert problems("bytes 6-9/10", b"0123") == ["the body is not the end of the whole text"]
    assert problems("bytes 6-9/10", b"789")[:1] == ["Content-Range has 4 bytes, the body 3"]
    assert problems("bytes 16-19/20", b"6789") == ["Content-Range has a total of 20 bytes instead of 10"]
    assert problems("6-9/10", b"6789") == ["Content-Range is '6-9/10'"]


def test_locations() -> None:
    assert list(location_problems("https://storage.example/a?Signature=x")) == []
    assert list(location_problems("/a")) == ["Location is not an absolute URL"]
    assert list(location_problems("https://me:secret@storage.example/")) == ["Location has a user or a password"]


@pytest.mark.parametrize(
    ("location", "body", "is_right"),
    [
        ("https://a.example/v2/x/1", {"url": "http://a.example/v2/x/1"}, True),
        ("https://a.example/v2/x", {"url": "http://a.example/v2/x/1"}, False),
        ("https://a.example/v2/x/1/", {"uuid": "1", "number": 2}, True),
        ("https://a.example/v2/x", {"id": "1"}, False),
        ("https://a.example/v2/x", {"name": "1"}, True),
        ("https://a.example/v2/x", None, True),
    ],
)
def test_locations_of_new_objects(location: str, body: object, is_right: bool) -> None:
    assert (list(new_location_problems(location, body)) == []) is is_right


def test_urls_of_other_organizations() -> None:
    url = "https://api.example/v2/organizations/acme/agents"
    own = (
        '{"url": "https://api.example/v2/analytics/organizations/acme/suites/x", "web_url": "https://b.example/globex"}'
    )
    other = '{"job_url":"https://api.example/v2/organizations/globex/agents/1"}'

    assert list(organization_problems(url, own)) == []
    assert list(organization_problems("https://api.example/v2/user", other)) == []
    assert "globex instead of acme" in next(organization_problems(url, other))


def test_preflight() -> None:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
    }
    names = ("authorization", "content-type")

    assert list(preflight_problems(204, headers, "POST", names)) == []
    assert list(preflight_problems(404, headers, "PUT", ("authorization", "range"))) == [
        "Access-Control-Allow-Methods does not list PUT",
        "Access-Control-Allow-Headers does not list Range",
        "the preflight request gets 404",
    ]
    wildcard = {**headers, "Access-Control-Allow-Headers": "*"}
    assert list(preflight_problems(204, wildcard, "POST", names)) == [
        "Access-Control-Allow-Headers does not list Authorization"
    ]


@pytest.mark.parametrize(
    ("text", "expected", "problem"),
    [
        ("A=1\nB=two\n", {"A": "1", "B": "two"}, ""),
        ('A="1"\n', {"A": "1"}, ""),
        ("A='a b'\n", {"A": "a b"}, ""),
        ("A=a\\ b\n", {"A": "a b"}, ""),
        ('A="a\\nb\\\\n\\"c\\""\n', {"A": 'a\nb\\n"c"'}, ""),
        ('A="a\nb"\n', {"A": "a\nb"}, "A is"),
        ("A=1\nb\n", {"A": "1"}, "not an entry: 'b'"),
        ("A=1\nB=2\n", {"A": "1"}, "not an entry: 'B'"),
        ("A=1\n", {"A": "2"}, "A is '1' in the plain text, '2' in the JSON"),
    ],
)
def test_plain_text_of_entries(text: str, expected: dict[str, str], problem: str) -> None:
    found = list(entry_problems(text, expected))
    assert len(found) >= bool(problem)
    assert problem in "".join(found)
    assert bool(found) == bool(problem)


def test_date_advances() -> None:
    seconds = iter((0.0, 1.0, 3.5, 4.0, 5.0, 9.0))
    clock = Clock(now=lambda: next(seconds))

    def problems(date: str) -> list[str]:
        return list(clock.problems("a.example", {"Date": date}))

    assert problems("10:00:00") == []
    assert problems("10:00:00") == []
    assert problems("10:00:00") == []  # this request may have been sent a second after the first response
    assert problems("10:00:00") == ["Date is 10:00:00, as it was 4 seconds before"]
    assert problems("10:00:05") == []
    assert list(clock.problems("a.example", {"Date": "10:00:05", "Age": "9"})) == []


DATE, EARLIER = "Fri, 27 Nov 2026 10:00:00 GMT", "Fri, 27 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ({"ETag": '"1"'}, {"ETag": '"1"'}, "as it was with another content"),
        ({"ETag": '"1"'}, {"ETag": '"2"'}, ""),
        ({}, {}, ""),
        ({"Last-Modified": EARLIER}, {"Last-Modified": EARLIER}, "but the content has changed since"),
        ({"Last-Modified": EARLIER}, {"Last-Modified": DATE}, ""),
        ({"Last-Modified": EARLIER}, {"Last-Modified": "Fri, 27 Nov 2026 10:00:09 GMT"}, "after the Date"),
        ({"Last-Modified": EARLIER}, {"Last-Modified": "yesterday"}, "not in the form of"),
        ({"ETag": '"1"'}, {"ETag": "2"}, "without quotation marks"),
        ({"ETag": '"1"'}, {"ETag": 'W/"2"'}, ""),
    ],
)
def test_validators_of_a_changed_object(first: dict[str, str], second: dict[str, str], problem: str) -> None:
    known, request = Validators(), {"Accept": "*/*", "User-Agent": "a"}

    assert list(known.problems("/a", request, {"Date": DATE, **first}, b'{"a": 1}')) == []
    assert list(known.problems("/a", request, {"Date": DATE, **first}, b'{"a":1}')) == []
    assert list(known.problems("/a", {"Accept": "text/*"}, {"Date": DATE, **first}, b"{}")) == []
    found = list(known.problems("/a", {**request, "User-Agent": "b"}, {"Date": DATE, **second}, b'{"a": 2}'))
    assert len(found) == bool(problem)
    assert problem in "".join(found)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 3},
        "tags": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "at": {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "inner": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}},
        "any": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    },
}
OF_ONE_SCHEMA = Spec(
    {"components": {"schemas": {"Kind": {"type": "string", "enum": ["a", "b"]}}}}, "1", (), frozenset()
)


def test_invalid_bodies_break_one_rule() -> None:
    valid = {"name": "web", "tags": ["x"], "inner": {"id": "1"}}
    found = {(each.field, each.rule): each.body for each in invalid_bodies(OF_ONE_SCHEMA, SCHEMA, valid)}

    assert found["name", "is missing"] == {"tags": ["x"], "inner": {"id": "1"}}
    assert found["name", "is too long"] == {**valid, "name": "xxxxxx"}
    assert found["name", "does not match the pattern"] == {**valid, "name": "!"}
    assert found["kind", "is not one of the values"] == {**valid, "kind": "no-such-value"}
    assert found["count", "is too large"] == {**valid, "count": 4}
    assert found["tags", "has too few items"] == {**valid, "tags": []}
    assert found["tags.1", "has another type"] == {**valid, "tags": ["x", {"unexpected": True}]}
    assert found["at", "is 'not-a-time', not a date-time"] == {**valid, "at": "not-a-time"}
    assert found["inner.id", "is missing"] == {**valid, "inner": {}}
    assert found["inner", "has another type"] == {**valid, "inner": "no such value"}
    assert not [field for field, _ in found if field == "any"]


def test_invalid_bodies_have_values_that_a_server_may_normalize() -> None:
    found = {each.rule: each.body for each in invalid_bodies(OF_ONE_SCHEMA, SCHEMA, {"name": "web"}, misspelled=True)}

    assert found["is a value in the other case"]["kind"] == "A"
    assert found["is a value with a space"]["kind"] == " a"
    schema = {"type": "object", "properties": {"slug": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9-]*$"}}}
    slugs = [each.body["slug"] for each in invalid_bodies(OF_ONE_SCHEMA, schema, {"slug": "web"})]
    assert {"-Unused4907", " Unused4907", "Unused4907 "} <= {each for each in slugs if isinstance(each, str)}


def test_names_of_all_properties() -> None:
    assert property_names(OF_ONE_SCHEMA, SCHEMA) == {"name", "kind", "count", "tags", "at", "inner", "id", "any"}


def test_effects_of_refused_requests() -> None:
    assert changed_property({"name": "b"}, {"name": "a"}, {"name": "b"}) == "name"
    assert changed_property({"name": "b"}, {"name": "b"}, {"name": "b"}) is None
    assert changed_property({"name": "b"}, {"name": "a"}, {"name": "c"}) is None
    assert changed_property({"secret": "b"}, {}, {"secret": "b"}) is None


def confidential() -> Confidential:
    secrets = Secrets()
    secrets.add("Bearer bkua_token_of_the_run")
    return Confidential(SPEC, secrets)


def test_secrets_are_found_in_later_responses() -> None:
    known = confidential()
    create, get = OPERATIONS["createClusterSecret"], OPERATIONS["getClusterSecret"]
    known.learn(create, {"key": "DEPLOY_KEY", "value": "correct-horse"}, {"key": "DEPLOY_KEY"})
    known.learn(create, {"key": "OTHER", "value": "short"}, {"key": "OTHER"})

    url = "https://api.example/v2/organizations/acme/clusters/1/secrets/2"
    assert list(known.problems(get, url, {}, '{"key": "DEPLOY_KEY", "note": "short"}')) == []
    assert "the value of an earlier request" in next(known.problems(get, url, {}, '{"description": "correct-horse"}'))
    assert "the token of the run" in next(known.problems(get, url, {"X": "bkua_token_of_the_run"}, ""))


def test_secrets_that_a_request_asks_for() -> None:
    known = confidential()
    known.learn(OPERATIONS["createTestSuite"], {}, {"api_token": "correct-horse"})
    get, url = OPERATIONS["getTestSuite"], "https://api.example/v2/analytics/organizations/acme/suites/web"

    assert list(known.problems(get, f"{url}?show_api_token=true", {}, '{"api_token": "correct-horse"}')) == []
    assert list(known.problems(get, url, {}, '{"api_token": "correct-horse"}')) != []


def test_invalid_credentials_are_not_the_valid_one() -> None:
    valid = "Bearer bkua_token_of_the_run"
    credentials = [*unknown_credentials(valid), *malformed_credentials(valid)]

    assert valid not in {each.authorization for each in credentials}
    assert len({each.defect for each in credentials}) == len(credentials) > 12
