"""Rules of headers, errors and invalid bodies."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.forged_tokens import malformed_credentials, unknown_credentials
from buildkite_rest.conformance.header_rules import (
    Sample,
    entry_problems,
    head_problems,
    html_problems,
    range_problems,
    rate_limit_order_problems,
    text_problems,
)
from buildkite_rest.conformance.invalid_bodies import invalid_bodies, property_names
from buildkite_rest.conformance.rules.errors import allow_problems, field_problems
from buildkite_rest.conformance.rules.headers import preflight_problems
from buildkite_rest.conformance.snapshots import changed_property
from buildkite_rest.conformance.spec import Spec

JSON = "application/json; charset=utf-8"
OPERATIONS = {operation.id: operation for operation in SPEC.operations}


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


DATE, EARLIER = "Fri, 27 Nov 2026 10:00:00 GMT", "Fri, 27 Nov 2026 09:00:00 GMT"


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


def test_invalid_credentials_are_not_the_valid_one() -> None:
    valid = "Bearer bkua_token_of_the_run"
    credentials = [*unknown_credentials(valid), *malformed_credentials(valid)]

    assert valid not in {each.authorization for each in credentials}
    assert len({each.defect for each in credentials}) == len(credentials) > 12
