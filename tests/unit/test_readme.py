"""What a newcomer pastes first has to work."""

import re
from pathlib import Path

import pytest
from tests.docs.blocks import page

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCKS = [block.text for block in page(README) if block.language == "python"]


def test_there_are_examples():
    assert len(BLOCKS) >= 2


def test_the_first_example_works(capsys):
    exec(compile(BLOCKS[0], "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(" failed " in line for line in lines)


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_the_others_work_against_the_mock_server(block, monkeypatch):
    from buildkite_rest.mock import MockServer

    with MockServer() as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        monkeypatch.setenv("BUILDKITE_REST_URL", server.url)
        exec(compile(block, "README.md", "exec"), {})


def rows(text):
    """Return the rows of all tables in a page, by what stands in their first cell: the first of each name."""
    found = {}
    for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE):
        first, *others = line.split(" | ")
        found.setdefault(first, others)
    return found


def ratio(table, name):
    """Return the ratio of a contender in a table of the benchmark report."""
    return rows(table)[name][0].partition(" ")[0]


def test_the_figures_are_those_of_the_last_benchmark():
    report = (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
    decode = report.partition("| decoder |")[2]
    calls = report.partition("| one build, 10 jobs |")[2]
    measured = rows(README.read_text(encoding="utf-8"))
    assert measured["time to decode a page of 100 builds, relative to `json.loads`"][:2] == [
        ratio(decode, "buildkite-rest"),
        "1",
    ]
    ours, theirs, _ = measured["time of `builds.get` over loopback, relative to `httpx.Client.get(…)` and `json.loads`"]
    assert [ours, theirs] == [ratio(calls, "buildkite-rest"), ratio(calls, "pybuildkite")]
