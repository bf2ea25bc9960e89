"""The JSON Schema of the behaviour and what it names: a mistake at any depth is a problem at its line."""

from pathlib import Path

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError, Location
from generator.lint import lint
from generator.steps import generate
from tests.unit.generator.spec_fixture import BEHAVIOUR, contents, write_behaviour
from yaml import safe_load

TEXT = (Path(__file__).parent / "behaviour.yaml").read_text(encoding="utf-8")
MISTAKES = [
    ("parameters:", "parameter:"),
    ("  getRobot:", "  getRobto:"),
    ("  Pairing:", "  Paring:"),
    ("  per_page:", "  per_pages:"),
    ("order: -built_at", "ordre: -built_at"),
    ("order: -built_at", "order: -buildt_at"),
    ("maximum: 100", "maximun: 100"),
    ("maximum: 100", "maximum: many"),
    ("      state: {filters", "      stat: {filters"),
    ("property: kind,", "proprety: kind,"),
    ("property: kind,", "property: kin,"),
    ("operator: from", "operator: form"),
    ("object: new", "object: old"),
    ("body: {name:", "body: {nme:"),
    ("{robot_id: $new", "{robto_id: $new"),
    ("code: $set", "code: $sett"),
    ("{listRobots: {id: $resp", "{listRobot: {id: $resp"),
    ("{id: $response", "{idd: $response"),
    ("body#/robot_id", "body#/robot"),
    (" in: [listRobots]", " in: [listRobts]"),
    ("{.json: app", "{json: app"),
    ("application/json", "application/jsn"),
    ("path: {id:", "path: {ids:"),
    ("status: 404", "status: 404, wen: {}"),
    ("legs: 3", "leg: 3"),
    ("kind: walker", "kind: wlker"),
    ("before#/built_at", "before#/buildt_at"),
    ("undone-by: createRobot", "undone-by: createRobto"),
    ("unique: [name]", "unique: [nme]"),
    ("unique: [name]", "uniqe: [name]"),
    ("name: /robot_id}", "name: /robto_id}"),
    ("returned-by: [createRobot]", "returned-by: createRobot"),
    ("needs-scope: read_robots", "needs-scope: read_robot"),
    ("spare_code:", "spar_code:"),
    ("then: {seen_at: null}", "than: {seen_at: null}"),
    ("minimum: 2", "minimun: 2"),
    ("minimum: 2", "minLength: 2"),
    ("minimum: 2", "minimum: two"),
    ("orders: [[built_at", "orders: [[buildt_at"),
    ("{maximum: 8}", "{maximum: many}"),
    ("required: [legs]", "required: [leg]"),
]


def test_the_behaviour_has_no_problem(edited):
    bundle = read_bundle(write_behaviour(edited(), TEXT))
    assert lint(bundle) == []
    assert bundle.behaviour.data == safe_load(TEXT)


@pytest.mark.parametrize(("old", "new"), MISTAKES, ids=[new.strip() for _, new in MISTAKES])
def test_a_mistake_is_found_at_its_line(old, new, edited):
    assert TEXT.count(old) == 1
    spec = write_behaviour(edited(), TEXT.replace(old, new))
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert Location(spec / BEHAVIOUR, line) in [problem.location for problem in lint(read_bundle(spec))]


def test_an_example_without_a_strict_property_is_found(edited):
    spec = write_behaviour(edited(), TEXT.replace("minimum: 2", "minimum: 4"))
    found = {(problem.rule, problem.message.partition(": ")[2]) for problem in lint(read_bundle(spec))}
    assert found == {("example-valid", "example 'page' is not valid at /0/legs: 3 is less than the minimum of 4")}


def test_an_entry_in_two_files_is_found(edited):
    spec = write_behaviour(edited(), TEXT)
    (spec / "behaviour/others.yaml").write_text("operations: {getRobot: {optional: true}}\n", encoding="utf-8")
    with pytest.raises(GenerationError, match=r"robots\.yaml:\d+: 'getRobot' is in two files \[duplicate\]"):
        read_bundle(spec)


def test_the_behaviour_is_generated_and_not_part_of_the_document(edited, tmp_path):
    plain, added = tmp_path / "plain", tmp_path / "added"
    spec = edited()
    generate(spec, plain)
    generate(write_behaviour(spec, TEXT), added)
    before, after = contents(plain), contents(added)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"_buildkite_rest/behaviour.json"}
    assert safe_load(after["_buildkite_rest/behaviour.json"]) == safe_load(TEXT)
