"""`python -m docs.generate.command_line`: write the output of `--help` into `docs/command-line.md`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

import buildkite_rest
from buildkite_rest._cli.commands import PROGRAM

from .code import ROOT

PAGE: Final = ROOT / "docs/command-line.md"

_HELP: Final = re.compile(r"^<!--help ([\w. -]+)-->\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def page() -> str:
    """Return the page with the current output of each command."""
    return _HELP.sub(
        lambda found: f"<!--help {found[1]}-->\n\n```text\n{_help(found[1])}\n```\n", PAGE.read_text(encoding="utf-8")
    )


def _help(command: str) -> str:
    """Return the output of `--help` of a command of `buildkite-rest` or of a module, or the list of make targets."""
    if command == "make":
        targets = re.findall(r"^([a-z-]+):.*## (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        return "\n".join(f"make {name:18}{text}" for name, text in targets)
    environment = {**os.environ, "COLUMNS": "84", "NO_COLOR": "1"}
    module, *name = command.replace(PROGRAM, buildkite_rest.__name__).split()
    words = [sys.executable, "-m", module, *name, "--help"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
