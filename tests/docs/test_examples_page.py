"""The page about the examples lists all scripts, and shows their output."""

import os
import re
import shlex
import subprocess
import sys
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from tests.docs.blocks import page
from tests.unit.examples.scripts import load

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
BLOCKS = page(ROOT / "docs" / "examples.md")
#: Blocks of commands, each with the block of output that follows.
SHOWN = [
    pytest.param(commands.text, output.text, id=f"examples.md:{commands.line}")
    for commands, output in pairwise(BLOCKS)
    if (commands.language, output.language) == ("sh", "text")
]


@pytest.fixture
def run_short(server, monkeypatch, capsys):
    """Runs a script without `--mock` in this process, with clients of the mock server."""

    def run_main(script, arguments):
        monkeypatch.syspath_prepend(ROOT / "examples")
        monkeypatch.setattr("sys.argv", [script, *arguments])
        load(Path(script).stem).main()
        return capsys.readouterr().out

    return run_main


def run(command, folder, run_short):
    """Run a command of the page in UTC in another folder, and return its output."""
    python, script, *arguments = shlex.split(command)
    assert python == "python"
    if "--mock" not in arguments:
        return run_short(script, arguments)
    done = subprocess.run(
        [sys.executable, ROOT / script, *arguments],
        cwd=folder,
        env={**os.environ, "TZ": "UTC", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pattern(shown):
    """Return a pattern for a shown output, in which `…` matches any text in a line, or any lines."""
    lines = shown.splitlines()
    parts = []
    for left_out, group in groupby(lines, lambda line: line == "…"):
        parts += [r"(?:.*\n)*"] if left_out else [re.escape(line).replace("…", ".*") + r" *\n" for line in group]
    return "".join(parts)


@pytest.mark.parametrize(("commands", "shown"), SHOWN)
def test_commands_print_the_output_on_the_page(commands, shown, tmp_path, run_short):
    printed = "".join(run(command, tmp_path, run_short) for command in commands.replace("\\\n", " ").splitlines())
    assert re.fullmatch(pattern(shown), printed), printed


def test_outputs_are_shown():
    assert len(SHOWN) >= 6


def test_the_page_names_each_script():
    headings = set(
        re.findall(r"^## (\S+\.py)$", (ROOT / "docs" / "examples.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert headings == {path.name for path in (ROOT / "examples").glob("*.py")}
