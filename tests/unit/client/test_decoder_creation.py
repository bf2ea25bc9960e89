"""Decoders are created in one thread at a time. Otherwise msgspec crashes the interpreter."""

import subprocess
import sys
import threading

import pytest

from buildkite_rest import Buildkite, to_json
from buildkite_rest.mock import MockServer

_ROUNDS = 3
_PROGRAM = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from buildkite_rest import from_json, models

def decode(type):
    together.wait(60)
    return from_json(type, build if type is models.Build else f"[{build}]")

build = sys.stdin.read()
sys.setswitchinterval(1e-6)
types = [models.Build, list[models.Build]] * 4
together = threading.Barrier(len(types))
with ThreadPoolExecutor(len(types)) as executor:
    print(len(list(executor.map(decode, types))))
"""


meeting, met = threading.Barrier(2), list[bool]()


@pytest.fixture(scope="module")
def build():
    """A build as JSON."""
    with MockServer() as server, Buildkite(server.token, base_url=server.url) as bk:
        return to_json(bk.builds.get("acme", "web", 1))


@pytest.mark.parametrize("_", range(_ROUNDS))
def test_first_uses_of_types_by_several_threads(build, _):
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, input=build, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "8\n"), done.stderr
