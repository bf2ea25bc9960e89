"""Decoders are created in one thread at a time. Otherwise msgspec crashes the interpreter."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from buildkite_rest import Buildkite, to_json
from buildkite_rest._decoding.json_text import create_decoder
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


def other_thread_is_here():
    """Return the type of a field, and note whether a second thread does the same meanwhile."""
    try:
        meeting.wait(0.2)
    except threading.BrokenBarrierError:
        return int
    met.append(True)
    return int


meeting, met = threading.Barrier(2), list[bool]()


def test_two_threads_take_turns():
    names = ("First", "Second")
    classes = [
        type(name, (msgspec.Struct,), {"__module__": __name__, "__annotations__": {"field": "other_thread_is_here()"}})
        for name in names
    ]
    with ThreadPoolExecutor(2) as executor:
        decoders = list(executor.map(create_decoder, classes))
    assert [decoder.decode(b'{"field": 1}').field for decoder in decoders] == [1, 1]
    assert met == []


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
