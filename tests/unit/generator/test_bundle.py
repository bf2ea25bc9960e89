"""The bundle: merged fragments, shared headers, aliases, and the YAML that is written."""

import pytest
import yaml
from generator.bundle import read_bundle, without_own_keys
from generator.derived import dump
from generator.document import operations
from generator.errors import GenerationError, Location
from generator.fragment import read_fragment
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, TAPES, line_of


def test_rate_limit_headers_are_spread():
    document = read_bundle(SPEC).document
    limited = {
        f"{operation.node['operationId']} {status}"
        for operation in operations(document)
        for status, response in operation.node["responses"].items()
        if "RateLimit-User-Reset" in response.get("headers", {})
    }
    assert limited == {
        "listRobots 200",
        "createRobot 201",
        "getRobot 200",
        "deleteRobot 204",
        "listTapes 200",
        "getTape 200",
        "headTape 200",
        "downloadTape 302",
    }
    shared = {name for name, response in document["components"]["responses"].items() if "headers" in response}
    assert shared == {"BadRequest", "Forbidden", "NotFound", "TooManyRequests"}
    assert "x-response-headers" not in document


def test_a_response_keeps_its_own_headers():
    headers = next(o for o in operations(read_bundle(SPEC).document) if o.path == "/robots").node["responses"]["200"][
        "headers"
    ]
    assert next(iter(headers)) == "Link"
    assert len(headers) == 9


@pytest.mark.parametrize(
    "text",
    [
        *("on", "no", "yes", "Off", "y", "=", "~x"),
        *("2026-03-02", "2026-03-02T09:15:00Z", "9:15", "1_000", "0777", "0x1f", "1e10", "0o17"),
    ],
)
def test_words_are_strings(text, edited, tmp_path):
    spec = edited((TAPES, "title: Beeps, minutes: 1.5}], links", f"title: {text}, minutes: 1.5}}], links"))
    page = read_bundle(spec).document["paths"]["/robots/{id}/tapes"]["get"]["responses"]["200"]["content"][
        "application/json"
    ]
    assert page["examples"]["page"]["value"]["items"][0]["title"] == text


def test_the_dump_is_read_as_the_same_document(tmp_path):
    values = {
        "words": ["on", "no", "2026-03-02", "9:15", "1e10", "0o17", "0777", "null", "~", "", " a", "a: b", "#", "é👋"],
        "numbers": [0, 1.5, True, None],
    }
    document = read_bundle(SPEC).document | {"x-values": values}
    (tmp_path / "dump.yaml").write_text(dump(document), encoding="utf-8")
    assert read_fragment(tmp_path / "dump.yaml").data == document
    assert yaml.safe_load(dump(document)) == document
    # YAML 1.2 reads these as numbers, unless they are in quotes.
    assert "'1e10'" in dump(document)
    assert "'0o17'" in dump(document)


def test_the_dump_does_not_depend_on_the_files(edited):
    spec = edited()
    (spec / TAPES).rename(spec / "resources/a-first.yaml")
    components = read_bundle(spec).document["components"]
    assert dump(components) == dump(read_bundle(SPEC).document["components"])


def test_the_published_document_has_no_python_keys():
    document = without_own_keys(read_bundle(SPEC).document)
    assert "x-python-type" not in document["components"]["schemas"]["Moment"]
    assert without_own_keys(document) == document
    plain = document | {"x-list": [{"x": 1}]}
    marked = document | {"x-list": [{"x": 1, "x-python-type": "a.B"}], "x-python-other": {}}
    assert without_own_keys(marked) == plain
    assert "x-python-other" in marked


def test_webhooks_are_merged(edited):
    spec = edited()
    (spec / "webhooks.yaml").write_text(
        "webhooks:\n  robot.built:\n    post:\n      responses: {'200': {description: Seen.}}\n"
    )
    assert list(read_bundle(spec).document["webhooks"]) == ["robot.built"]
    assert "webhooks" not in read_bundle(SPEC).document


_OPEN = "security: [], operationId: openAll, x-sdk-method: open, x-scopes: [], x-undocumented: true"


def test_responses_with_one_alias_get_headers_separately(edited):
    # An operation without a token gets no headers from one with a token and the same responses.
    spec = edited(
        (ROBOTS, "responses: # getRobot responses", "responses: &shared # getRobot responses"),
        (ROBOTS, "\ncomponents:\n", f"\n  /open:\n    put: {{{_OPEN}, responses: *shared}}\n\ncomponents:\n"),
    )
    paths = read_bundle(spec).document["paths"]
    assert "headers" in paths["/robots/{id}"]["get"]["responses"]["200"]
    assert "headers" not in paths["/open"]["put"]["responses"]["200"]


def test_scopes_are_roles_of_the_security_requirement():
    paths = read_bundle(SPEC).document["paths"]
    assert paths["/robots"]["get"]["security"] == [{"bearer": ["read_robots"]}]
    assert paths["/robots"]["post"]["security"] == [{"bearer": ["read_robots", "write_robots"]}]
    assert paths["/health"]["get"]["security"] == []


def test_an_operation_without_scopes_has_the_requirement_of_the_root(edited):
    spec = edited(
        (ROBOTS, "x-sdk-method: list\n      x-scopes: [read_robots]", "x-sdk-method: list\n      x-scopes: []")
    )
    assert "security" not in read_bundle(spec).document["paths"]["/robots"]["get"]


def test_a_text_has_no_trailing_line_break():
    document = read_bundle(SPEC).document
    assert document["info"]["description"] == "Robots and the tapes that they record."
    assert document["paths"]["/robots"]["post"]["description"].endswith("take a week.")


_BODY = "{$ref: '#/components/schemas/RobotCreate'} # createRobot body"


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        (_BODY, "{$ref: '#/components/schemas/Robto'} # createRobot body", "# createRobot body"),
        (_BODY, "{$ref: 'a.yaml#/R'} # createRobot body", "# createRobot body"),
        ("{$ref: '#/components/parameters/id'} # getRobot id", "{$ref: x} # getRobot id", "# getRobot id"),
    ],
)
def test_a_broken_reference_is_a_line_of_the_spec(edited, old, new, at):
    spec = edited((ROBOTS, old, new))
    with pytest.raises(GenerationError) as raised:
        read_bundle(spec)
    [problem, *_] = raised.value.problems
    assert problem.rule == "reference"
    assert problem.location == Location(spec / ROBOTS, line_of(spec / ROBOTS, at))
