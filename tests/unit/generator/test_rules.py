"""Each house rule accepts the robots spec and finds its violations."""

import inspect

import pytest
from generator import lint as house_rules
from generator.bundle import read_bundle
from generator.errors import GenerationError, Location
from generator.lint import RULES, lint
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, line_of
from tests.unit.generator.violations import VIOLATIONS


def found_problems(spec):
    try:
        return lint(read_bundle(spec))
    except GenerationError as error:
        return error.problems


def test_the_spec_has_no_violation():
    bundle = read_bundle(SPEC)
    assert [(rule.__name__, *finding) for rule in RULES for finding in rule(bundle.document)] == []


def test_every_rule_is_run_and_has_a_violation():
    names = ("examples", "names", "operations", "schemas")
    modules = [getattr(house_rules, name) for name in names]
    written = [
        rule
        for module in modules
        for name, rule in inspect.getmembers(module, inspect.isgeneratorfunction)
        if rule.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert sorted(written, key=id) == sorted(RULES, key=id)
    violated = {violation.rule.replace("-", "_") for violation in VIOLATIONS} - {"openapi"}
    assert sorted(violated) == sorted(rule.__name__ for rule in RULES)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_a_violation_is_found_at_its_line(violation, edited):
    spec = edited((violation.file, violation.old, violation.new))
    problems = found_problems(spec)

    # Each edit violates its rule only. It may also remove the last reference to a component.
    violated = {problem.rule for problem in problems}
    assert violated - {"component-used"} == {violation.rule} - {"component-used"} | violation.also
    found = next(problem for problem in problems if problem.rule == violation.rule)
    file = spec / violation.found_in
    assert found.location == Location(file, line_of(file, violation.at))
    assert violation.message in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("type: number}", "type: [number, 'null']}", id="nullable number"),
        pytest.param(
            "type: number}",
            "oneOf: [{$ref: '#/components/schemas/TapeLinks'}, {type: 'null'}]}",
            id="nullable reference",
        ),
        pytest.param("type: number}", "type: [array, 'null'], items: {type: string}}", id="nullable array"),
        pytest.param("type: number}", "type: string, format: uuid}", id="known format"),
        pytest.param("type: number}", "type: integer, minimum: 2, maximum: 2}", id="one value"),
        pytest.param(
            "type: number}", "type: number, exclusiveMinimum: 2, exclusiveMaximum: 2.5}", id="numbers between bounds"
        ),
        pytest.param(
            "type: number}",
            "type: integer, exclusiveMinimum: 1, maximum: 3, multipleOf: 1.5}",
            id="multiple on a bound",
        ),
        pytest.param("minutes: {description", "default: {description", id="property called default"),
        pytest.param("minutes: {description", "properties: {description", id="property called properties"),
        pytest.param("minutes: {description", "example: {description", id="property called example"),
        pytest.param(
            "externalDocs: {url: 'https://buildkite.com/docs/tapes#head'}", "x-undocumented: true", id="undocumented"
        ),
    ],
)
def test_an_allowed_spec_has_no_violation(old, new, edited):
    # Without the rule about examples, which would have to change with the tape.
    bundle = read_bundle(edited(("resources/tapes.yaml", old, new)))
    others = [rule for rule in RULES if rule.__name__ != "example_valid"]
    assert [(rule.__name__, *finding) for rule in others for finding in rule(bundle.document)] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("legs: 3", "legs: three", 'example \'page\' is not valid at /0/legs: "three" is not of type "integer"'),
        ("legs: 3", f"legs: {'x' * 3000}", "example 'page' is not valid at /0/legs: \"xxx"),
    ],
    ids=["type", "long"],
)
def test_an_invalid_example_in_a_union_names_the_field(edited, old, new, message):
    found = [each for each in lint(read_bundle(edited((ROBOTS, old, new)))) if each.rule == "example-valid"]
    assert message in found[0].message
    assert all(len(each.message) <= 300 for each in found)
