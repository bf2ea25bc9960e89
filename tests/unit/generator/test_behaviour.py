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
FORM, REFERENCE = "behaviour-form", "behaviour-reference"
MISTAKES = [
    ("parameters:", "parameter:", FORM, "there is no word 'parameter' here; did you mean 'parameters'?"),
    ("  getRobot:", "  getRobto:", FORM, "there is no operation 'getRobto'; did you mean 'getRobot'?"),
    ("  Pairing:", "  Paring:", FORM, "there is no schema 'Paring'; did you mean 'Pairing'?"),
    ("  per_page:", "  per_pages:", FORM, "there is no shared parameter 'per_pages'; did you mean 'per_page'?"),
    ("order: -built_at", "ordre: -built_at", FORM, "there is no word 'ordre' here; did you mean 'order'?"),
    ("order: -built_at", "order: -buildt_at", REFERENCE, "no item property '-buildt_at'; did you mean 'built_at'?"),
    ("maximum: 100", "maximun: 100", FORM, "there is no word 'maximun' here; did you mean 'maximum'?"),
    ("maximum: 100", "maximum: many", FORM, 'page-size maximum: must be an integer, not "many"'),
    ("      state: {filters", "      stat: {filters", REFERENCE, "no query parameter 'stat'; did you mean 'state'?"),
    ("property: kind,", "proprety: kind,", FORM, "no word 'proprety' here; did you mean 'property'?"),
    ("property: kind,", "property: kin,", REFERENCE, "there is no item property 'kin'; did you mean 'kind'?"),
    ("values: {built:", "values: {bilt:", REFERENCE, "no parameter value 'bilt'; did you mean 'built'?"),
    ("default: planned", "default: planed", REFERENCE, "no parameter value 'planed'; did you mean 'planned'?"),
    ("operator: from", "operator: form", FORM, "'form' is unknown; did you mean 'from'?"),
    ("{'400': 'Invalid: '}", "{'418': 'Invalid: '}", REFERENCE, "there is no status '418'"),
    ("field: name", "field: nme", REFERENCE, "there is no sent property 'nme'; did you mean 'name'?"),
    ("value: {name: ' '", "vlaue: {name: ' '", FORM, "there is no word 'vlaue' here; did you mean 'value'?"),
    ("object: new", "object: old", FORM, 'object: must be one of "created", "new", not "old"'),
    ("body: {name:", "body: {nme:", REFERENCE, "there is no body property 'nme'; did you mean 'name'?"),
    ("{robot_id: $new", "{robto_id: $new", REFERENCE, "no response property 'robto_id'; did you mean 'robot_id'"),
    ("code: $set", "code: $sett", FORM, "there is no expression '$sett'; did you mean 'set'?"),
    ("{listRobots: {id: $resp", "{listRobot: {id: $resp", FORM, "there is no operation 'listRobot'; did you mean"),
    ("{id: $response", "{idd: $response", FORM, "there is no property 'idd'; did you mean 'id'?"),
    ("body#/robot_id", "body#/robot", REFERENCE, "there is no expression '$response.body#/robot'"),
    (" in: [listRobots]", " in: [listRobts]", FORM, "there is no operation 'listRobts'"),
    ("{.json: app", "{json: app", FORM, "json: must match"),
    ("application/json", "application/jsn", REFERENCE, "no media type 'application/jsn'; did you mean"),
    ("path: {id:", "path: {ids:", REFERENCE, "there is no path parameter 'ids'"),
    ("status: 404", "status: 404, wen: {}", FORM, "there is no word 'wen' here; did you mean 'when'?"),
    ("query: {state: no", "query: {stat: no", REFERENCE, "no sent parameter 'stat'; did you mean 'state'?"),
    ("legs: 3", "leg: 3", REFERENCE, "there is no object property 'leg'; did you mean 'legs'?"),
    ("kind: walker", "kind: wlker", REFERENCE, "kind is never 'wlker'; did you mean 'walker'?"),
    ("before#/built_at", "before#/buildt_at", REFERENCE, "there is no expression '$before#/buildt_at'"),
    ("undone-by: createRobot", "undone-by: createRobto", FORM, "there is no operation 'createRobto'"),
    ("unique: [name]", "unique: [nme]", REFERENCE, "there is no own property 'nme'; did you mean 'name'?"),
    ("unique: [name]", "uniqe: [name]", FORM, "there is no word 'uniqe' here; did you mean 'unique'?"),
    ("name: /robot_id}", "name: /robto_id}", FORM, "there is no property '/robto_id'; did you mean 'robot_id'?"),
    ("returned-by: [createRobot]", "returned-by: createRobot", FORM, "must be a list"),
    ("needs-scope: read_robots", "needs-scope: read_robot", FORM, "there is no scope 'read_robot'; did you mean"),
    ("spare_code:", "spar_code:", REFERENCE, "there is no own property 'spar_code'; did you mean 'spare_code'?"),
    ("then: {seen_at: null}", "than: {seen_at: null}", FORM, "there is no word 'than' here; did you mean 'then'?"),
    ("minimum: 2", "minimun: 2", "keyword-known", "there is no schema keyword 'minimun'"),
    ("minimum: 2", "minLength: 2", "keyword-type", "minLength has no effect on integer"),
    ("minimum: 2", "minimum: two", FORM, 'strict minimum: must be a number, not "two"'),
    ("orders: [[built_at", "orders: [[buildt_at", FORM, "there is no property 'buildt_at'; did you mean 'built_at'?"),
    ("{maximum: 8}", "{maximum: many}", FORM, 'legs maximum: must be a number, not "many"'),
    ("required: [legs]", "required: [leg]", "required-described", "'leg' is required, but is not a property"),
]


def test_the_behaviour_has_no_problem(edited):
    bundle = read_bundle(write_behaviour(edited(), TEXT))
    assert lint(bundle) == []
    assert bundle.behaviour.data == safe_load(TEXT)


@pytest.mark.parametrize(("old", "new", "rule", "message"), MISTAKES, ids=[new.strip() for _, new, _, _ in MISTAKES])
def test_a_mistake_is_found_at_its_line(old, new, rule, message, edited):
    assert TEXT.count(old) == 1
    spec = write_behaviour(edited(), TEXT.replace(old, new))
    found = {problem.location: problem for problem in lint(read_bundle(spec)) if message in problem.message}
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert found[Location(spec / BEHAVIOUR, line)].rule == rule


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
