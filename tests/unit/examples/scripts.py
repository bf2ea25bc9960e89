"""Runs an example as a user does, or imports it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples"


def run(name, *arguments, folder=None, stdout=subprocess.PIPE, **variables):
    """Run an example as a user does, in UTC, without a token in the environment, and with these variables."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BUILDKITE_")}
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *map(str, arguments)],
        env={**environment, "TZ": "UTC", "PYTHONUTF8": "1", "PYTHONPATH": path, **variables},
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def load(name):
    """Import an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module
