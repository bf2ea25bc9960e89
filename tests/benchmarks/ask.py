"""Runs one benchmark and prints its answer as JSON; `__main__` gives each of them a process of its own."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

import msgspec

from .lab import Lab


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ask")
    parser.add_argument("question")
    parser.add_argument("--tools", type=Path, default=Path(sys.executable))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    module = import_module(f"{__package__}.questions.{options.question}")
    answer = module.ask(Lab(quick=options.quick, tools=options.tools))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
