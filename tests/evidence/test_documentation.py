"""Differences between the spec and the pages of the documentation, one for each kind and each form of a page."""

import pytest
from generator.bundle import read_bundle
from tests.evidence.comparison import Comparison
from tests.evidence.documentation import read_documentation
from tests.evidence.pages import ROBOTS as ROBOTS_PAGE
from tests.evidence.schema_view import SchemaView
from tests.evidence.shapes import matching
from tests.unit.generator.spec_fixture import ROBOTS, SPEC


def test_the_fixture_agrees_with_the_spec(documented):
    assert documented() == set()


DIFFERENCES = [
    ("DELETE https", "PATCH https", "docs operation PATCH /robots/{}/tape: not in the spec"),
    ("?state=built", "?mood=good", "docs query listRobots mood: not in the spec"),
    ("scope: `write_robots`", "scope: `write_tapes`", "docs scope deleteRobot: write_tapes, in the spec write_robots"),
    ("`204 No Content`", "`202 Accepted`", "docs status deleteRobot 202: not in the spec"),
    ("<code>400 Bad Request", "<code>422 Unprocessable", "docs status createRobot 422: not in the spec"),
    ("Its owner.", "Its owner, or <code>409</code>.", "docs status createRobot 409: not in the spec"),
    ('"name": "Ada",', '"name": "Ada", "mood": 1,', "docs body RobotCreate.mood: not in the spec"),
    ('{"number": 1,', '{"number": "1",', "docs body Part.number: string, in the spec integer"),
    ("<code>owner</code>", "<code>label</code> <code>mood</code>", "docs body RobotCreate.mood: not in the spec"),
    ('<code>"Ada"', "<code>7", "docs body RobotCreate.name: integer, in the spec string"),
    ("> or <code>built", "> or <code>sold", "docs body RobotCreate.state: value 'sold' is not in the spec"),
    ("> or <code>built", "> or <code>sold", "docs body RobotCreate.state: value 'built' is only in the spec"),
    ("Must be <code>planned", "As <code>sold", "docs body RobotCreate.state: value 'sold' is not in the spec"),
    ("Its parts.", 'Example: <code>[{ "mood": 1 }]</code>', "docs body Part.mood: not in the spec"),
    (
        "Must be <code>planned</code> or",
        "<code>sold</code> for now, or",
        "docs body RobotCreate.state: value 'sold' is not in the spec",
    ),
    ("Its owner.", "Defaults to <code>me</code>.", "docs body RobotCreate.owner: default 'me' is not in the spec"),
    ("Its parts.", "Maximum: <code>9</code>", "docs body RobotCreate.parts: maximum '9' is not in the spec"),
    ("Optional [request", "Required [request", "docs body RobotCreate.owner: required, in the spec optional"),
    ("Required [request", "Optional [request", "docs body RobotCreate.name: optional, in the spec required"),
    ('"legs": 3', '"toes": 3', "docs response Robot.toes: not in the spec"),
    ('"legs": 3', '"wings": 3', "docs response Robot.wings: not in the spec"),
    ('"legs": 3', '"legs": "3"', "docs response Robot.legs: string, in the spec integer"),
    ('"id": "bb8"', '"id": null', "docs response Robot.id: null, in the spec never"),
    ('"kind": "flyer"', '"kind": "diver"', "docs response Robot.kind: value 'diver' is not in the spec"),
    ("<code>legs</code>", "<code>toes</code>", "docs response Robot.toes: not in the spec"),
    ("<code>4</code>", "<code>true</code>", "docs response Robot.legs: boolean, in the spec integer"),
    ('"code": "', '"code": ', "docs sample rest_api/robots.md: not JSON"),
]


@pytest.mark.parametrize(("old", "new", "difference"), DIFFERENCES, ids=[each[2] for each in DIFFERENCES])
def test_a_difference_is_found(documented, old, new, difference):
    assert difference in documented((old, new))


FILTER_DIFFERENCES = [
    ("<code>built[]</code>", "<code>mood</code>", "docs query listRobots mood: not in the spec"),
    ("?state[]=planned", "?mood[]=planned", "docs query listRobots mood[]: not in the spec"),
    ("<code>built</code>", "<code>sold</code>", "docs query listRobots state: value 'sold' is not in the spec"),
    (
        "of a year.",
        "of a year. Maximum: <code>9</code>",
        "docs query listRobots built[]: maximum '9' is not in the spec",
    ),
]


@pytest.mark.parametrize(("old", "new", "difference"), FILTER_DIFFERENCES, ids=[each[2] for each in FILTER_DIFFERENCES])
def test_a_difference_in_a_partial_is_found(documented, old, new, difference):
    assert difference in documented((old, new), page="_robot_filters.md")


def test_an_incomplete_list_of_values_does_not_exclude_others(documented):
    words = "Valid states: <code>planned</code>, <code>assembled</code>, and others."
    found = documented(("Must be <code>planned</code> or <code>built</code>.", words))
    assert found == {"docs body RobotCreate.state: value 'assembled' is not in the spec"}


def test_values_in_a_list_of_html(documented):
    words = '<ul><li><code>"built"</code><br>or</li><li><code>"sold"</code></li></ul>'
    found = documented(("Must be <code>planned</code> or <code>built</code>.", words))
    assert found == {"docs body RobotCreate.state: value 'sold' is not in the spec"}


def test_values_of_items(documented, edited):
    spec = edited(
        (
            ROBOTS,
            "type: array, items: {$ref: '#/components/schemas/Part'}",
            "type: array, items: {$ref: '#/components/schemas/State'}",
        )
    )
    found = documented(("Its parts.", "For example <code>built</code> or <code>sold</code>."), spec=spec)
    assert "docs body RobotCreate.parts: value 'sold' is not in the spec" in found


def test_a_difference_has_its_file_and_line(docs):
    page = docs / "pages/apis/rest_api/robots.md"
    text = page.read_text(encoding="utf-8").replace('"parts": 2}', '"parts": "2"}')
    page.write_text(text, encoding="utf-8")
    comparison = Comparison(read_bundle(SPEC).annotated())
    comparison.add(read_documentation(docs))
    [difference] = comparison.differences
    number = 1 + text.splitlines().index('    "parts": [{"number": 1, "parts": "2"}]')
    assert str(difference.location) == f"{page}:{number}"


def test_a_row_of_the_index_is_an_operation(docs, documented):
    page = docs / "pages/apis/rest_api.md"
    page.write_text(page.read_text(encoding="utf-8").replace("tapes`", "discs`"), encoding="utf-8")
    assert documented() == {"docs operation GET /robots/{}/discs: not in the spec"}


def test_subsections_belong_to_the_operation_above(documented):
    table = "<table><tr><th><code>mood</code></th><td>Good.</td></tr></table>"
    text = f"Success response: `204 No Content`\n\n### Query parameters\n\n{table}\n\n## Related pages"
    assert documented(("Success response: `204 No Content`", text)) == {
        "docs query deleteRobot mood: not in the spec",
    }


def test_a_section_of_properties_belongs_to_the_property_of_that_name(documented):
    table = "<table><tr><th><code>wheels</code></th><td>Four.</td></tr></table>"
    text = f"Success response: `204 No Content`\n\n## Parts properties\n\n{table}"
    body = '"parts": {"number": 1}'
    found = documented(("Success response: `204 No Content`", text), ('"parts": [{"number": 1, "parts": 2}]', body))
    assert "docs body RobotCreate.parts: object, in the spec array" in found


def test_settings_of_a_provider(docs, real_document):
    pages = docs / "pages/apis/rest_api"
    command = 'curl -X POST "https://api.buildkite.com/v2/organizations/{org.slug}/services"'
    settings = "<code>theme</code> (<code>text</code> or <code>glow</code>), and <code>mood</code>"
    table = f"<table><tr><th><code>chat</code></th><td>Settings: {settings}.</td></tr></table>"
    (pages / "services.md").write_text(f"## Create\n\n```bash\n{command}\n```\n\n{table}\n")
    comparison = Comparison(real_document)
    comparison.add(read_documentation(docs))
    assert {each.key for each in comparison.differences if each.kind == "body"} >= {
        "docs body NotificationServiceSettingsInput.theme: value 'glow' is not in the spec",
        "docs body NotificationServiceSettingsInput.mood: not in the spec",
    }


def test_properties_with_dots_are_nested(documented):
    found = documented(("<code>parts</code>", "<code>owner.name.first</code>"))
    assert "docs body RobotCreate.name: not in the spec" in found


def test_samples_are_repaired(documented):
    sample = '[\n  {"kind": "walker", "id": "r2"\n   "legs": 3,},\n  ...\n]'
    text = '{"kind": "walker", "id": "r2", "legs": 3, "built_at": "2026-03-02T09:15:00Z"},\n'
    assert documented((f'[\n  {text}  {{"kind": "flyer", "id": "bb8", "wings": null}}\n]', sample)) == set()


FENCES = [
    ("of robots.\n\n```bash\n", "```"),
    ('robots?state=built"\n```\n', "```bash"),
    ("## Delete a robot\n\n```bash\n", "```"),
]


@pytest.mark.parametrize(("text", "reported"), FENCES, ids=["opening", "closing", "last"])
def test_a_missing_fence_is_one_difference(docs, text, reported):
    page = docs / "pages/apis/rest_api/robots.md"
    before, found, after = page.read_text(encoding="utf-8").partition(text)
    assert found
    page.write_text(f"{before}{found.rpartition('```')[0]}{after}", encoding="utf-8")
    comparison = Comparison(read_bundle(SPEC).annotated())
    comparison.add(read_documentation(docs))
    [difference] = comparison.differences
    assert difference.key == "docs sample rest_api/robots.md: a code block is not closed"
    assert page.read_text(encoding="utf-8").splitlines()[difference.location.line - 1] == reported


def test_tables_of_what_may_not_be_sent_are_skipped(documented):
    assert documented(("Optional [request body", "Unpermitted [request body"), ("<code>owner", "<code>mood")) == set()


def test_events_and_their_deliveries(docs, real_document):
    folder = docs / "pages/apis/webhooks"
    folder.mkdir()
    rows = "".join(f"<tr><th><code>{event}</code></th><td>It.</td></tr>" for event in ("ping", "robot.built"))
    sample = '{"event": "ping", "service": {"...": "..."}, "mood": "good"}'
    (folder / "events.md").write_text(f"# Webhooks\n\n## Events\n\n<table>{rows}</table>\n\n```json\n{sample}\n```\n")
    comparison = Comparison(real_document)
    comparison.add(read_documentation(docs))
    found = {each.key for each in comparison.differences if each.kind == "event"}
    assert found == {"docs event robot.built: not in the spec", "docs event PingEvent.mood: not in the spec"}


def test_tables_of_properties_of_events(docs, real_document):
    folder = docs / "pages/apis/webhooks"
    folder.mkdir()
    properties = {"job_id": "The job.", "retry_kind": "How.", "retry_type": "<code>manual</code> or <code>api</code>"}
    rows = "".join(f"<tr><td><code>{name}</code></td><td>{text}</td></tr>" for name, text in properties.items())
    table = f"<table><tr><th>Property</th><th>Description</th></tr>{rows}</table>"
    events = "<table><tr><th><code>job.started</code></th><td>It.</td></tr></table>"
    (folder / "jobs.md").write_text(f"# Jobs\n\n## Events\n\n{events}\n\n## Retry source\n\n{table}\n")
    comparison = Comparison(real_document)
    comparison.add(read_documentation(docs))
    found = {each.key.partition(".")[2] for each in comparison.differences if each.kind == "event"}
    assert found == {"retry_kind: not in the spec", "retry_type: value 'api' is not in the spec"}


def test_scopes_of_a_list(docs, real_document):
    page = docs / "pages/apis/managing_api_tokens.md"
    page.write_text('<% [\n  {\n    key: "read_builds, read_robots",\n  }\n] %>\n')
    comparison = Comparison(real_document)
    comparison.add(read_documentation(docs))
    found = {each.key for each in comparison.differences if each.kind == "scope"}
    assert "docs scope read_robots: in no operation of the spec" in found
    assert "spec scope write_builds: in no list of scopes" in found
    assert not any("read_builds" in each for each in found)


def test_errors_of_the_documentation_are_corrected(docs):
    assert "DELETE https://api.buildkite.com/robots/{robot.id}/tape" in ROBOTS_PAGE
    shapes = [call.shape for call in read_documentation(docs).calls]
    assert ("DELETE", "/robots/{}") in shapes
    assert ("DELETE", "/robots/{}/tape") not in shapes


def test_the_operations_with_the_fewest_other_segments_match():
    spec = [("GET", "/robots/{}"), ("GET", "/robots/latest"), ("PUT", "/robots/{}/on"), ("PUT", "/robots/{}/off")]
    assert matching(("GET", "/robots/latest"), spec) == [("GET", "/robots/latest")]
    assert matching(("GET", "/robots/r2"), spec) == [("GET", "/robots/{}")]
    assert matching(("PUT", "/robots/{}/{}"), spec) == [("PUT", "/robots/{}/on"), ("PUT", "/robots/{}/off")]
    assert matching(("PUT", "/robots/{}/up"), spec) == []


OWN = {"type": "object", "properties": {"legs": {"type": "integer"}}}
SHAPES = [
    ({"type": "object"}, True),
    ({"oneOf": [OWN, {"type": "object"}]}, True),
    ({"allOf": [OWN, {"type": "object", "additionalProperties": True}]}, True),
    (OWN, False),
    ({"allOf": [OWN, {"oneOf": [{"type": "object"}]}]}, True),
    ({"allOf": [OWN, {"type": "object", "required": ["legs"]}]}, False),
]


@pytest.mark.parametrize(("schema", "is_map"), SHAPES)
def test_only_a_map_may_have_other_properties(schema, is_map):
    assert SchemaView.of({}, schema, (), "Robot").is_map is is_map
