"""`python -m docs.generate.command_line`: write the output of `--help` into `docs/command-line.md`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import buildkite_rest
from buildkite_rest._cli.main import PROGRAM

from .code import ROOT

PAGE: Final = ROOT / "docs/command-line.md"

_HELP: Final = re.compile(r"^<!--help ([\w. -]+)-->\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def page() -> str:
    """Return the page with the current output of each command."""
    text = PAGE.read_text(encoding="utf-8")
    commands = [found[1] for found in _HELP.finditer(text)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        outputs = dict(zip(commands, threads.map(_help, commands), strict=True))
    return _HELP.sub(lambda found: f"<!--help {found[1]}-->\n\n```text\n{outputs[found[1]]}\n```\n", text)


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
