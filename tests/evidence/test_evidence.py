"""Differences between the spec of robots and its sources, which agree with it before an edit."""

import shutil
from pathlib import Path

import pytest
from generator.bundle import read_bundle
from tests.evidence.__main__ import main, read_client
from tests.evidence.comparison import Comparison
from tests.evidence.documentation import read_documentation
from tests.unit.generator.spec_fixture import SPEC, edit, write_spec

PAGE = "docs/pages/apis/rest_api/robots.md"
CLIENT = """package client

type Base struct {
	ID string `json:"id"`
}

type Robot struct {
	Base
	Legs  Optional[int]     `json:"legs,omitzero"`
	Env   map[string]string `json:"env"`
	Parts []*Robot          `json:"parts"`
	inner int
}

type Optional[T any] struct{ value T }

type Options struct {
	State []string `url:"state,brackets"`
}

var events = map[string]string{"robot.built": "BuiltEvent"}

func (s *Service) Update(ctx context.Context, id string, robot Robot, opt *Options) error {
	u := fmt.Sprintf("v2/robots/%s", id)
	u, err := addOptions(u, opt)
	req, err := s.client.NewRequest(ctx, http.MethodPut, u, robot)
	var found []Robot
	return s.client.Do(req, &found)
}
"""


@pytest.fixture
def sources(tmp_path):
    """The spec, with decisions, and checkouts of the documentation and of the Go client."""
    spec = write_spec(tmp_path / "spec")
    (spec / "DECISIONS.md").write_text("### One source\n")
    (spec / "evidence.toml").write_text('one-source = ["spec *: in no source", "go *: not in the spec"]\n')
    shutil.copytree(Path(__file__).parent / "documented", tmp_path / "docs")
    (tmp_path / "go").mkdir()
    (tmp_path / "go" / "client.go").write_text(CLIENT)
    return tmp_path


DOCUMENTED = [
    ("DELETE https", "PATCH https", "operation PATCH /robots/{}: not in the spec"),
    ("?state=built", "?mood=good", "query listRobots mood: not in the spec"),
    ("scope: `write_robots`", "scope: `write_tapes`", "scope deleteRobot: write_tapes, in the spec write_robots"),
    ("`204 No Content`", "`202 Accepted`", "status deleteRobot 202: not in the spec"),
    ("<code>400 Bad Request", "<code>422 Unprocessable", "status createRobot 422: not in the spec"),
    ('"name": "Ada",', '"name": "Ada", "mood": 1,', "body RobotCreate.mood: not in the spec"),
    ('{"number": 1,', '{"number": "1",', 'body createRobot.parts.[].number: "1" is not of type "integer"'),
    ("<code>owner</code>", "<code>mood</code>", "body RobotCreate.mood: not in the spec"),
    ("> or <code>built", "> or <code>sold", "body RobotCreate.state: value 'sold' is not in the spec"),
    ("Optional [request", "Required [request", "body RobotCreate.owner: required, in the spec optional"),
    ("Required [request", "Optional [request", "body RobotCreate.name: optional, in the spec required"),
    ('"legs": 3', '"toes": 3', "response Robot.toes: not in the spec"),
    ('"robot_id": "r2"', '"robot_id": null', 'response createRobot.robot_id: null is not of type "string"'),
    ("<code>legs</code>", "<code>toes</code>", "response Robot.toes: not in the spec"),
    ('"code": "', '"code": ', "sample apis/rest_api/robots.md#create-a-robot: not JSON"),
]


@pytest.mark.parametrize(("old", "new", "difference"), DOCUMENTED, ids=[each[2] for each in DOCUMENTED])
def test_a_difference_from_the_documentation_is_found(sources, old, new, difference):
    edit(sources, PAGE, old, new)
    comparison = Comparison(read_bundle(SPEC).annotated())
    facts, _ = read_documentation(sources / "docs")
    comparison.add(facts)
    assert f"docs {difference}" in comparison.differences


needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


@needs_go
def test_the_facts_of_a_go_client(sources):
    facts = {(each.kind, each.shape, each.names, each.type) for each in read_client(sources / "go")}
    shape = ("PUT", "/v2/robots/{}")
    properties = {("id",): "string", ("legs",): "integer", ("env",): "object", ("env", "[]"): "string"}
    properties |= {("parts",): "array", ("parts", "[]"): ""}
    expected = {("operation", ("EVENT", "robot.built"), (), ""), ("operation", shape, (), "")}
    expected |= {("query", shape, ("state[]",), "array"), ("query", shape, ("state[]", "[]"), "string")}
    expected |= {("body", shape, names, type_) for names, type_ in properties.items()}
    expected |= {("response", shape, ("[]", *names), type_) for names, type_ in {(): "object", **properties}.items()}
    assert facts == expected


@needs_go
def test_new_and_outdated_differences_are_lines(sources, capsys):
    arguments = [f"--{name}={sources / name}" for name in ("spec", "docs", "go")]
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith(" decided, 0 new\n")
    edit(sources, PAGE, '"legs": 3', '"toes": 3')
    edit(sources, "spec/evidence.toml", '"go *', '"docs body A: b", "go *')
    assert main(arguments) == 1
    new, old, _ = capsys.readouterr().out.splitlines()
    assert new == "apis/rest_api/robots.md#list-robots: docs response Robot.toes: not in the spec"
    assert old == "evidence.toml: 'docs body A: b' is no longer a difference"


@pytest.mark.parametrize("folder", ["docs", "go"])
def test_a_folder_is_not_a_checkout(sources, capsys, folder):
    shutil.rmtree(sources / folder)
    assert main([f"--{name}={sources / name}" for name in ("spec", "docs", "go")]) == 2
    assert capsys.readouterr().out == ""
