"""Each house rule lets the small description pass and catches what it is there to catch."""

import pytest
from generator.bundle import read_bundle
from generator.errors import Location
from generator.lint import RULES, lint
from tests.unit.generator.spec_fixture import SPEC, line_of
from tests.unit.generator.violations import BREACHES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_description_passes(rule):
    assert list(rule(read_bundle(SPEC).document)) == []


def test_every_rule_has_a_breach():
    assert {breach.rule for breach in BREACHES} == {rule.name for rule in RULES}


def test_rules_have_different_names():
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_found_where_it_is(breach, edited):
    spec = edited((breach.file, breach.old, breach.new))
    problems = lint(read_bundle(spec))

    # Nothing else breaks, so each breach is what its rule, and no other, is there for. Only that an edit took the last
    # reference to a component away is no wonder.
    broken = {problem.rule for problem in problems}
    assert broken - {"component-used"} == {breach.rule} - {"component-used"} | breach.also
    found = next(problem for problem in problems if problem.rule == breach.rule)
    file = spec / breach.found_in
    assert found.where == Location(file, line_of(file, breach.at))
    assert breach.says in found.message


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
        pytest.param("minutes: {description", "default: {description", id="property called default"),
        pytest.param("minutes: {description", "properties: {description", id="property called properties"),
        pytest.param("minutes: {description", "example: {description", id="property called example"),
        pytest.param(
            "externalDocs: {url: 'https://buildkite.com/docs/tapes#head'}", "x-undocumented: true", id="undocumented"
        ),
    ],
)
def test_what_is_allowed_is_not_found(old, new, edited):
    # Examples that hold a tape would have to change with it, and no rule but theirs is asked here.
    document = read_bundle(edited(("resources/tapes.yaml", old, new))).document
    others = [rule for rule in RULES if rule.name != "example-valid"]
    assert [(rule.name, *finding) for rule in others for finding in rule(document)] == []


def test_all_breaches_are_told_at_once(edited):
    spec = edited(
        ("resources/robots.yaml", "operationId: getRobot", "operationId: Robot"),
        ("resources/tapes.yaml", "summary: Get the size of a tape", "summary: Get the size of a tape."),
    )
    assert [(problem.where.file.name, problem.rule) for problem in lint(read_bundle(spec))] == [
        ("robots.yaml", "operation-id"),
        ("tapes.yaml", "texts"),
    ]


def test_a_breach_of_openapi_that_no_house_rule_knows(edited):
    once = "- {name: Range, in: header, description: Which bytes to send., schema: {type: string}}"
    spec = edited(("resources/tapes.yaml", once, f"{once}\n        {once}"))
    [problem] = lint(read_bundle(spec))
    assert (problem.rule, problem.message) == ("openapi", "Duplicate parameter 'Range'")
