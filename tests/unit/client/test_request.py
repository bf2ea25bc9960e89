"""Paths, queries and headers. `build_request` is pure, so what httpx then makes of it is tested for a few only."""

import json
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import Enum, IntEnum
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from tests.unit.client.support import Script, answer, build, operation

from _buildkite_rest.ports import Arguments
from buildkite_rest import UNSET
from buildkite_rest._http.request import build_request

QUOTED = {
    "slash": ("a/b", "a%2Fb"),
    "dots-and-slash": ("../user", "..%2Fuser"),
    "already-quoted": ("%2e%2e", "%252e%252e"),
    "line-break": ("a\r\nX: 1", "a%0D%0AX%3A%201"),
    "unicode": ("büro 🚀", "b%C3%BCro%20%F0%9F%9A%80"),
    "question-mark": ("a?b=c", "a%3Fb%3Dc"),
    "fragment": ("a#b", "a%23b"),
    "backslash": ("a\\b", "a%5Cb"),
    "braces": ("{name}", "%7Bname%7D"),
    "semicolon": ("a;b", "a%3Bb"),
    "three-dots": ("...", "..."),
    "hidden": (".env", ".env"),
    "unreserved": ("a-b_c.d~e", "a-b_c.d~e"),
    "int": (42, "42"),
    "zero": (0, "0"),
}


def path_of(value):
    return build_request(operation(), Arguments({"name": value})).target


def query_of(style=None, **query):
    styles = dict.fromkeys(query, style) if style else {}
    target = build_request(operation(path="/v2/things", query_styles=styles), Arguments({}, query)).target
    return parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing="?" in target)


@pytest.mark.parametrize(("value", "quoted"), QUOTED.values(), ids=QUOTED)
def test_a_path_parameter_stays_one_segment(value, quoted):
    assert path_of(value) == f"/v2/things/{quoted}"


@pytest.mark.parametrize(("value", "quoted"), QUOTED.values(), ids=QUOTED)
def test_httpx_leaves_a_segment_as_it_is(connect, value, quoted):
    script = Script(answer(build()))
    connect(script).builds.get("acme", str(value), 1)
    assert script.paths == [f"/v2/organizations/acme/pipelines/{quoted}/builds/1"]


class Slug(str, Enum):  # noqa: UP042 - a StrEnum is always its value
    ACME = "acme"


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(("member", "text"), [(Slug.ACME, "acme"), (Number.ONE, "1")])
def test_a_member_of_an_enumeration_is_its_value(member, text):
    assert path_of(member) == f"/v2/things/{text}"
    assert query_of(x=member) == [("x", text)]
    assert query_of("array", x=[member]) == [("x[]", text)]


def test_a_model_is_sent_with_the_fields_that_it_has():
    """A field that is None may have been missing, and null in a request clears it."""
    from _buildkite_rest.models import Author, WaiterJob

    made = build_request(
        operation(method="POST", path="/v2/things", body="required"),
        Arguments({}, body={"author": Author(name="Ada"), "job": WaiterJob(id="1", state="passed", step_key=None)}),
    )
    assert json.loads(made.content) == {
        "author": {"name": "Ada"},
        "job": {"type": "waiter", "id": "1", "state": "passed"},
    }


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_changes_the_path_is_refused(value):
    with pytest.raises(ValueError, match=r"^name is (empty$|.* would change the path)"):
        path_of(value)


@pytest.mark.parametrize("value", [True, None, 1.5, b"acme", ["acme"], UNSET], ids=lambda value: type(value).__name__)
def test_a_path_parameter_of_another_type_is_refused(value):
    with pytest.raises(TypeError, match="name must be a str or an int"):
        path_of(value)


def test_a_refused_argument_sends_nothing(connect):
    script = Script(answer(build()))
    client = connect(script)
    for call in (lambda: client.builds.get("..", "web", 1), lambda: client.builds.list("acme", "")):
        with pytest.raises(ValueError, match=r"is empty|change the path"):
            call()
    assert script.requests == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a&b=c+d e%20", "a&b=c+d e%20"),
        ("ü/?#", "ü/?#"),
        ("", ""),
        (0, "0"),
        (-5, "-5"),
        (True, "true"),
        (False, "false"),
        (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), "2026-03-02T09:15:00+00:00"),
        (
            datetime(2026, 3, 2, 9, 15, 0, 250_000, tzinfo=timezone(timedelta(hours=-3.5))),
            "2026-03-02T09:15:00.250000-03:30",
        ),
    ],
    ids=["reserved", "unicode", "empty", "zero", "negative", "true", "false", "utc", "offset"],
)
def test_a_plain_value_is_written(value, text):
    assert query_of(x=value) == [("x", text)]


def test_a_plus_in_a_time_is_encoded():
    moment = datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=2)))
    target = build_request(operation(path="/v2/things"), Arguments({}, {"from": moment})).target
    assert target == "/v2/things?from=2026-03-02T00%3A00%3A00%2B02%3A00"


STYLES = {
    "array-one": ("array", ["a"], [("x[]", "a")]),
    "array-many": ("array", ["a", "b", "a"], [("x[]", "a"), ("x[]", "b"), ("x[]", "a")]),
    "array-tuple": ("array", ("a", 1, True), [("x[]", "a"), ("x[]", "1"), ("x[]", "true")]),
    "array-set": ("array", {"a"}, [("x[]", "a")]),
    "array-text": ("array", "ab", [("x[]", "ab")]),
    "either-text": ("scalar-or-array", "ab", [("x", "ab")]),
    "either-one": ("scalar-or-array", ["a"], [("x[]", "a")]),
    "either-many": ("scalar-or-array", ["a", "b"], [("x[]", "a"), ("x[]", "b")]),
    "object": ("deepObject", {"a": "1", "b": True}, [("x[a]", "1"), ("x[b]", "true")]),
    "object-odd": (
        "deepObject",
        {"a b&=#": "c&d", "ü": "f"},
        [("x[a b&=#]", "c&d"), ("x[ü]", "f")],
    ),
}


@pytest.mark.parametrize(("style", "value", "pairs"), STYLES.values(), ids=STYLES)
def test_a_style_is_written(style, value, pairs):
    assert query_of(style, x=value) == pairs


@pytest.mark.parametrize(("style", "value"), [("array", []), ("scalar-or-array", set()), ("deepObject", {})])
def test_a_filter_that_nothing_can_pass_is_refused(style, value):
    with pytest.raises(
        ValueError, match=r"^x is empty, which cannot be written in a query\. Leave it out to send no x\.$"
    ):
        query_of(style, x=value)


def test_brackets_are_quoted_and_stay_so(connect):
    script = Script(answer([]))
    list(connect(script).builds.list_all(state=["failed", "passed"], meta_data={"a b": "c"}, per_page=5))
    assert script.paths == ["/v2/builds?state%5B%5D=failed&state%5B%5D=passed&meta_data%5Ba%20b%5D=c&per_page=5"]


@pytest.mark.parametrize("absent", [None, UNSET], ids=str)
def test_a_query_value_that_is_not_given_is_left_out(absent):
    assert query_of(a=absent, b=1, c=absent) == [("b", "1")]
    assert build_request(operation(path="/v2/things"), Arguments({}, {"a": absent})).target == "/v2/things"


@pytest.mark.parametrize("style", [None, "array", "scalar-or-array"], ids=str)
@pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": 1}], ids=lambda value: type(value).__name__)
def test_a_query_value_of_another_type_is_refused(style, value):
    with pytest.raises(TypeError, match="x must be a str, int, bool or datetime"):
        query_of(style, x=value)


@pytest.mark.parametrize("value", ["a", ["a"], 1], ids=lambda value: type(value).__name__)
def test_an_object_must_be_a_mapping(value):
    with pytest.raises(TypeError, match="x must be a mapping"):
        query_of("deepObject", x=value)


@pytest.mark.parametrize("key", ["", "a[b", "a]x", "[]"])
def test_a_key_that_a_query_has_no_notation_for_is_refused(key):
    with pytest.raises(ValueError, match=r"^x has the key '.*', which cannot be written in a query string$"):
        query_of("deepObject", x={key: "a"})


def test_a_key_that_is_not_text_is_refused():
    with pytest.raises(TypeError, match=r"^the keys of x must be str, not int$"):
        query_of("deepObject", x={1: "a"})


@pytest.mark.parametrize("value", [["a", None], [["a"]]], ids=["null", "nested"])
def test_a_bad_item_is_refused(value):
    with pytest.raises(TypeError, match="x must be"):
        query_of("array", x=value)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="x has no time zone"):
        query_of(x=datetime(2026, 3, 2))  # noqa: DTZ001 - that is the mistake


def test_headers_of_every_request(connect):
    script = Script(answer(build()))
    connect(script).builds.get("acme", "web", 1)
    headers = script.requests[0].headers
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("buildkite-rest/")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\n", "a\0", "ä", "\x7f"], ids=ascii)
def test_a_header_cannot_be_broken(value):
    with pytest.raises(ValueError, match="the header X must be printable ASCII"):
        build_request(operation(), Arguments({"name": "a"}, headers={"X": value}))


@pytest.mark.parametrize("value", [" bytes=-5", "bytes=-5 ", " "])
def test_a_header_with_outer_spaces_is_refused(value):
    """The HTTP library refuses it too, but as a connection error, which is retried."""
    with pytest.raises(ValueError, match="the header X must not begin or end with a space"):
        build_request(operation(), Arguments({"name": "a"}, headers={"X": value}))


def test_a_header_of_an_operation_is_an_argument(connect):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    script = Script(answer(build(), 201), answer([]))
    client = connect(script)
    client.builds.create("acme", "web", commit="HEAD", branch="main", traceparent=trace)
    list(client.tests.list("acme", "web-rspec", buildkite_version="2026-08-01"))
    created, listed = (request.headers for request in script.requests)
    assert created["traceparent"] == trace
    assert listed["Buildkite-Version"] == "2026-08-01"
    assert "traceparent" not in listed


@pytest.mark.parametrize("absent", [None, UNSET], ids=str)
def test_a_header_that_is_not_given_is_left_out(absent):
    wire = build_request(operation(), Arguments({"name": "a"}, headers={"X": absent, "Range": "bytes=-1"}))
    assert wire.headers == {"Accept": "application/json", "Range": "bytes=-1", "Accept-Encoding": "identity"}


def test_a_url_that_is_too_long_is_refused_before_anything_is_sent(connect):
    script = Script(answer([]))
    with pytest.raises(ValueError, match=r"listBuilds: a URL of \d+ characters cannot be sent"):
        list(connect(script).builds.list("acme", "web", commit=["4b825dc642cb6eb9a060e54bf8d69288fbee4904"] * 1600))
    assert script.requests == []


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda client: client.builds.get("acme", "x\ud800", 1), "pipeline"),
        (lambda client: list(client.builds.list("acme", "web", branch="x\ud800")), "branch"),
        (lambda client: list(client.builds.list("acme", "web", meta_data={"\ud800": "x"})), "meta_data"),
        (
            lambda client: client.builds.create("acme", "web", commit="c", branch="b", env={"A": "\ud800"}),
            r"env\['A'\]",
        ),
    ],
    ids=["path", "query", "key", "body"],
)
def test_a_lone_surrogate_is_refused_where_it_is(connect, call, place):
    script = Script()
    with pytest.raises(ValueError, match=f"^{place} contains a lone surrogate, which cannot be encoded as UTF-8$"):
        call(connect(script))
    assert script.requests == []


class NoOffset(tzinfo):
    """A time zone that has no offset."""

    def utcoffset(self, _):
        return None


def test_a_time_whose_zone_has_no_offset_is_refused(connect):
    moment, client = datetime(2026, 1, 1, tzinfo=NoOffset()), connect(Script())
    with pytest.raises(ValueError, match=r"^created_from has no time zone\. "):
        list(client.builds.list("acme", "web", created_from=moment))
    with pytest.raises(ValueError, match=r"^expires_at has no time zone\. "):
        client.cluster_agent_tokens.create("acme", "c", description="d", expires_at=moment)


def test_an_offset_with_seconds_is_sent_as_utc(connect):
    assert query_of(a=datetime(1900, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))) == [("a", "1899-12-31T23:50:39+00:00")]
    with pytest.raises(ValueError, match=r"^a is outside the years 1 to 9999 in UTC$"):
        query_of(a=datetime(1, 1, 1, tzinfo=timezone(timedelta(seconds=1))))
