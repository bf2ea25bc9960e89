"""Decided differences, and the list of them in the spec."""

import re
import tomllib

import pytest
from generator.errors import GenerationError
from tests.evidence.conftest import PROJECT
from tests.evidence.decisions import outdated, read_decisions, undecided
from tests.evidence.differences import Difference
from tests.evidence.links import heading_id

DECISIONS = PROJECT / "spec/DECISIONS.md"


@pytest.fixture
def patterns(tmp_path):
    (tmp_path / "DECISIONS.md").write_text(
        "# Decisions\n\n## robots\n\n### `legs` are *not* counted, see [it](#it)\n\n### Legs\n"
    )
    path = tmp_path / "evidence.toml"

    def read(text):
        path.write_text(text)
        return read_decisions(tmp_path)

    return read


ID = "legs-are-not-counted-see-itit"


def test_a_decided_difference_is_not_new(patterns):
    differences = [
        Difference("docs", "query", "listRobots state[]", "not in the spec", ()),
        Difference("docs", "query", "listRobots states", "not in the spec", ()),
    ]
    exact = patterns(f'{ID} = ["docs query listRobots state[]: not in the spec"]')
    assert undecided(differences, exact) == differences[1:]
    assert undecided(differences, patterns(f'{ID} = ["docs query * state*: not in the spec"]')) == []


def test_a_decision_is_outdated_if_its_source_no_longer_differs(patterns):
    [pattern] = patterns(f'\n{ID} = ["docs query listRobots mood: not in the spec"]')
    assert str(pattern.location).endswith("evidence.toml:2")
    assert outdated([], [pattern], {"docs"}) == [pattern]
    assert outdated([], [pattern], {"go"}) == []
    assert outdated([Difference("docs", "query", "listRobots mood", "not in the spec", ())], [pattern], {"docs"}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('no-such-entry = ["docs a b: c"]', r"/evidence\.toml:1: 'no-such-entry' is not the id of an entry"),
        (f"{ID} = []\nlegs = []\ns-are = []", r"/evidence\.toml:3: 's-are' is not the id of an entry"),
        (f"{ID} = []\n[s-are]", r"/evidence\.toml:2: 's-are' is not the id of an entry"),
        (f'{ID} = []\nlegs = ["docs \\u0062odi A.b: c"]', r"/evidence\.toml:2: 'docs bodi A.b: c' must be"),
        (f'{ID} = "docs a b: c"', r"/evidence\.toml:1: 'legs-.*' must be a list of differences"),
        (f"{ID} = [", r"/evidence\.toml: .*\[toml\]"),
        (f'\n{ID} = ["Docs body A.b: c"]', r"/evidence\.toml:2: 'Docs body A.b: c' must be a source \(docs, go, "),
        (f'{ID} = [\n"docs bodi A.b: c"]', r"/evidence\.toml:2: 'docs bodi A.b: c' must be .* a kind \(operation, "),
        (f'{ID} = ["docs body A.b"]', r"/evidence\.toml:1: .* a subject and a message"),
        (f'{ID} = [\n""]', r"/evidence\.toml:2: '' must be "),
        (f'{ID} = ["docs body A.b: c",\n"docs body A.b: c"]', r"/evidence\.toml:2: 'docs body A.b: c' is listed twice"),
        (f'{ID} = ["docs body A.b: c"]\nlegs = ["docs body A.b: c"]', r"/evidence\.toml:2: .* is listed twice"),
    ],
)
def test_an_invalid_list_is_one_line(patterns, text, message):
    with pytest.raises(GenerationError, match=message) as caught:
        patterns(text)
    assert len(caught.value.problems) == 1


def test_a_link_to_no_file_is_not_an_empty_list(tmp_path):
    (tmp_path / "evidence.toml").symlink_to("missing.toml")
    with pytest.raises(GenerationError, match=r"/evidence\.toml: cannot be read: No such file"):
        read_decisions(tmp_path)


def test_a_spec_without_a_list_has_decided_nothing(tmp_path):
    assert read_decisions(tmp_path) == []


def test_ids_are_those_of_links():
    text = DECISIONS.read_text(encoding="utf-8")
    titles = re.findall(r"^#{2,3} (.+)$", text, re.MULTILINE)
    anchors = [heading_id(title) for title in titles]
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links
    assert links <= set(anchors)
    entries = [heading_id(title) for title in re.findall(r"^### (.+)$", text, re.MULTILINE)]
    assert len(entries) == len(set(entries))


def test_the_list_is_in_the_order_of_the_decisions():
    listed = list(tomllib.loads((PROJECT / "spec/evidence.toml").read_text(encoding="utf-8")))
    entries = [
        heading_id(title) for title in re.findall(r"^### (.+)$", DECISIONS.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert listed == sorted(listed, key=entries.index)
    assert len(read_decisions(PROJECT / "spec")) >= len(listed)
