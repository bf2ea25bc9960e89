"""What the spec has and no source states."""

from generator.bundle import read_bundle
from tests.evidence.comparison import Comparison
from tests.evidence.documentation import read_documentation
from tests.evidence.unsourced import compare_unsourced
from tests.unit.generator.spec_fixture import ROBOTS, SPEC


def unsourced(docs, spec=SPEC):
    evidence = read_documentation(docs)
    comparison = Comparison(read_bundle(spec).annotated())
    comparison.add(evidence)
    compare_unsourced(comparison, evidence.words)
    return {each.key: each for each in comparison.differences}


def test_everything_that_no_page_has_is_found(docs):
    found = set(unsourced(docs))
    assert found >= {
        "spec status getRobot 404: in no source",
        "spec query listTapes after: in no source",
        "spec body RobotCreate.label: in no source",
        "spec response Pairing.spare_code: in no source",
        "spec response Walker.seen_at: in no source",
    }
    assert {each for each in found if "operation" in each} == set()
    assert not any("Walker.legs" in each or "RobotCreate.name" in each or "createRobot 201" in each for each in found)


def test_its_line_is_that_of_the_spec(docs):
    found = unsourced(docs)["spec body RobotCreate.label: in no source"]
    assert found.location == ("components", "schemas", "RobotCreate", "properties", "label")


def test_a_property_that_a_page_of_the_operation_mentions_is_stated(docs):
    page = docs / "pages/apis/rest_api/robots.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nA robot may have a `label`.\n", encoding="utf-8")
    assert "spec body RobotCreate.label: in no source" not in unsourced(docs)


def test_an_operation_and_a_value_in_no_source(docs, edited):
    page = docs / "pages/apis/rest_api.md"
    page.write_text(page.read_text(encoding="utf-8").replace("GET | `/health`", "See | `/health`"), encoding="utf-8")
    spec = edited((ROBOTS, "[planned, built]", "[planned, built, sold]"))
    found = set(unsourced(docs, spec))
    assert found >= {"spec operation getHealth: in no source", "spec body State sold: in no source"}
    assert "spec body State built: in no source" not in found


def test_what_is_marked_as_undocumented_is_not_reported(docs, edited):
    spec = edited(
        (ROBOTS, "label: {", "label: {x-undocumented: true, "),
        (ROBOTS, "operationId: getRobot\n", "operationId: getRobot\n      x-undocumented: true\n"),
    )
    found = set(unsourced(docs, spec))
    assert not any("RobotCreate.label" in each or "getRobot" in each for each in found)
