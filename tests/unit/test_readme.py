"""What a newcomer pastes first has to work."""

from pathlib import Path

import pytest
from tests.docs.blocks import page

README = Path(__file__).parents[2] / "README.md"
BLOCKS = [block.text for block in page(README) if block.language == "python"]


def test_there_are_examples():
    assert len(BLOCKS) >= 2


def test_the_first_example_works_as_it_stands(capsys):
    exec(compile(BLOCKS[0], "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(" failed " in line for line in lines)


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_the_others_work_against_the_mock_server(block, monkeypatch):
    from buildkite_rest import Buildkite
    from buildkite_rest.mock import MockServer

    with MockServer() as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        monkeypatch.setitem(Buildkite.__init__.__kwdefaults__, "base_url", server.url)
        exec(compile(block, "README.md", "exec"), {})
