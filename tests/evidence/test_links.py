"""Links of the spec to the documentation."""

import pytest
from generator.buildkite import DOCUMENTATION
from generator.bundle import read_bundle
from tests.evidence.__main__ import main
from tests.evidence.differences import Differences
from tests.evidence.links import compare_links
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, edit, line_of


@pytest.fixture
def links(docs):
    """Compare the links of the robots spec with the pages."""

    def compare(spec=SPEC):
        bundle = read_bundle(spec)
        differences = Differences()
        compare_links(differences, bundle.document, docs / "pages", DOCUMENTATION)
        return differences

    return compare


def test_pages_and_headings_are_found(links):
    found = links()
    assert list(found) == []
    assert found.subjects["docs", "link"] >= {"robots#health", "tapes#list"}


def test_a_page_that_has_moved(docs, links):
    (docs / "pages/tapes.md").rename(docs / "pages/apis/tapes.md")
    found = {each.key: each.location for each in links()}
    assert found.keys() == {f"docs link tapes#{each}: no such page" for each in ("list", "get", "download", "head")}
    assert found["docs link tapes#get: no such page"][-1] == "externalDocs"


def test_a_heading_that_is_gone(docs, links):
    edit(docs / "pages", "robots.md", "## Health", "## Check the health")
    assert [each.key for each in links()] == ["docs link robots#health: no such heading"]


def test_a_heading_below_another_one_has_the_ids_of_both(docs, links, edited):
    edit(docs / "pages", "robots.md", "## Health", "## Checks\n\n### Health\n\n#### `Legs`?")
    assert [each.key for each in links()] == ["docs link robots#health: no such heading"]
    spec = edited(
        (ROBOTS, "robots#health", "robots#checks-health"), (ROBOTS, "robots#get", "robots#checks-health-legs")
    )
    assert list(links(spec)) == []


def test_its_line_is_that_of_the_spec(docs, capsys):
    (docs / "pages/robots.md").unlink()
    assert main(["--docs", str(docs), "--spec", str(SPEC)]) == 1
    path = SPEC / ROBOTS
    line = line_of(path, "docs/robots#get'}")
    assert f"{path}:{line}: docs link robots#get: no such page" in capsys.readouterr().out.splitlines()
