"""The mock server starts and logs without a standard output or error, as in a daemon or under pythonw."""

import logging
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from buildkite_rest.mock import MockServer

from .support import ENVIRONMENT

CLOSE = (
    "import os, sys\n"
    "for descriptor in sys.argv[1]: os.close(int(descriptor))\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)
STREAMS = pytest.mark.parametrize(
    "closed",
    [*(pytest.param(closed, marks=pytest.mark.exhaustive) for closed in "12"), "12"],
    ids=["no output", "no error", "neither"],
)


def without(closed, *arguments):
    """Run Python without the file descriptors in `closed`."""
    command = [sys.executable, "-c", CLOSE, closed, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)


@STREAMS
def test_a_server_starts(closed):
    code = (
        "import httpx; from buildkite_rest.mock import MockServer\n"
        "with MockServer(builds=1) as server: status = httpx.get(f'{server.url}/_mock/', trust_env=False).status_code\n"
        "raise SystemExit(0 if status == 200 else status)"
    )
    process = without(closed, "-c", code)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


@STREAMS
def test_the_command_serves(closed):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = without(closed, "-m", "buildkite_rest.mock", "--builds", "1", "--port", str(port))
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            assert client.get(f"http://127.0.0.1:{port}/_mock/").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_a_server_does_not_configure_logging():
    loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error")]
    before = [(logger.handlers[:], logger.propagate) for logger in loggers]
    with MockServer(builds=1):
        assert [(logger.handlers, logger.propagate) for logger in loggers] == before
