"""The program with pybuildkite on the page for its users prints what the page shows for this client."""

import contextlib
import io
import re
from pathlib import Path

import pybuildkite.buildkite

PAGE = (Path(__file__).parents[2] / "docs" / "pybuildkite.md").read_text(encoding="utf-8")


def block(language):
    """Return the text of the only block of a language."""
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


def test_the_program_before_prints_the_output_of_the_one_after(default_mock, monkeypatch):
    class Buildkite(pybuildkite.buildkite.Buildkite):
        def __init__(self):
            super().__init__()
            self.base_url = f"{default_mock.url}/v2/"  # no argument or variable sets it

    monkeypatch.setattr(pybuildkite.buildkite, "Buildkite", Buildkite)
    monkeypatch.setenv("BUILDKITE_API_TOKEN", default_mock.token)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(block("py"), "pybuildkite.md", "exec"), {"__name__": "__main__"})
    assert printed.getvalue() == block("output")
