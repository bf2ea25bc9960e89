"""Run one benchmark and print its result as JSON. `__main__` runs each in a process of its own."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

import msgspec

from .lab import Lab


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.one")
    parser.add_argument("question")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    module = import_module(f"{__package__}.questions.{options.question}")
    result = module.measure(Lab(quick=options.quick))
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
