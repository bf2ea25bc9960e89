"""Runs an example as a user does, or imports it."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


def is_short(path):
    """Whether an example has less than 50 lines, without its docstring and empty lines.

    It does without `--mock`, and without messages for errors of standard output.
    """
    source = path.read_text(encoding="utf-8")
    return sum(1 for line in source.splitlines()[ast.parse(source).body[0].end_lineno :] if line.strip()) < 50


def python(*command, folder=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **variables):
    """Run Python in UTC, without a token in the environment, and with these variables."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BUILDKITE_")}
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env={**environment, "TZ": "UTC", "PYTHONUTF8": "1", "PYTHONPATH": path, **variables},
        cwd=folder,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def run(name, *arguments, **options):
    """Run an example as a user does."""
    return python(EXAMPLES / f"{name}.py", *arguments, **options)


def load(name):
    """Import an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


def sampled(names, *sample):
    """Parametrize a test with the names of scripts, of which only a sample is not exhaustive."""
    return pytest.mark.parametrize(
        "name", [name if name in sample else pytest.param(name, marks=pytest.mark.exhaustive) for name in names]
    )
