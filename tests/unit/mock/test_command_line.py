"""`python -m buildkite_rest.mock`: its options, its log, its standard streams, and how it ends."""

from __future__ import annotations

import logging
import re
import signal
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from buildkite_rest.mock import EXTRA, MockServer, __main__

from .support import ENVIRONMENT, public_pem, run


def private_pem(key):
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form)


FOLDER = object()


def refusal(capsys, *arguments):
    """Return the only line, which is the error message."""
    try:
        status = __main__.main(arguments)
    except SystemExit as error:
        status = error.code
    output, errors = capsys.readouterr()
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1
    return errors


def test_all_modules_of_the_extra_are_known(pytestconfig):
    """A missing module of the extra is reported in one line with what to install."""
    project = tomllib.loads(Path(pytestconfig.rootpath, "pyproject.toml").read_text())["project"]
    extra = {re.split("[<>=]", wanted)[0] for wanted in project["optional-dependencies"]["mock"]}
    owners = packages_distributions()
    known = {name.replace("_", "-") for module in EXTRA for name in owners[module]}
    assert known == {*extra, "anyio"}  # starlette brings anyio with it


@pytest.fixture(autouse=True)
def signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--latency", "-1"), ("--latency", "nan"), ("--latency", "soon"), ("--fault-rate", "2"), ("--rate-limit", "0"),
        ("--builds", "-1"), ("--port", "65536"), ("--seed", "x"), ("--start", "2026-03-02"), ("--host", ""),
        ("--public-key", ""),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_line(capsys, option, value):
    assert option in refusal(capsys, f"{option}={value}")


def test_the_clock_and_the_duration_of_builds_can_be_set():
    with run("--start", "2026-03-02T09:00:00Z", "--build-seconds", "0") as process:
        lines = [process.stdout.readline().split()[-1] for _ in range(3)]
        path = f"{lines[0]}/v2/organizations/acme/pipelines/web/builds"
        headers = {"Authorization": f"Bearer {lines[2]}"}
        build = httpx.post(path, headers=headers, json={"commit": "HEAD", "branch": "main"}).json()
        assert build["created_at"].startswith("2026-03-02T09:0")
        assert httpx.get(f"{path}/{build['number']}", headers=headers).json()["state"] == "passed"
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.mark.parametrize(
    "content",
    [
        None, FOLDER, b"", b"\xff\x00", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        public_pem(ec.generate_private_key(ec.SECP256R1())).encode(),
        public_pem(rsa.generate_private_key(65537, 1024)).encode(),
        private_pem(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["missing", "folder", "empty", "binary", "text", "broken", "elliptic", "short", "private"],
)  # fmt: skip
def test_a_file_without_a_key_is_reported_in_one_line(capsys, tmp_path, content):
    path = tmp_path / "key.pem"
    if content is FOLDER:
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    printed = refusal(capsys, "--builds=1", f"--public-key={path}")
    assert "--public-key" in printed
    assert "MII" not in printed


def test_a_key_opens_the_door_to_the_server_and_sigterm_stops_it(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(public_pem(rsa.generate_private_key(65537, 2048)))
    with run("--public-key", str(path)) as process:
        assert httpx.get(process.stdout.readline().split()[-1]).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_while_a_request_waits(number):
    with run("--latency", "60") as process:
        url = process.stdout.readline().split()[-1]
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url, timeout=0.3)
        process.send_signal(number)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def test_each_request_is_one_line_of_the_log_without_secrets():
    with run("--log") as process:
        lines = [process.stdout.readline() for _ in range(12)]
        api, _, token = (line.split()[-1] for line in lines[:3])
        paths = [f"{api}/v2/user?page=2&access_token={token}", f"{api}/v2/a%0Ab\xe9"]
        for path in paths:
            httpx.get(path, headers={"Authorization": f"Bearer {token}"})
        logged = [process.stdout.readline() for _ in paths]
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read() + process.stderr.read()
    assert rest == ""
    for line, part in zip(logged, ("/v2/user?page=2", "/v2/a%0Ab"), strict=True):
        assert re.fullmatch(r"GET \S+ \d{3}\n", line), line
        assert part in line
    assert token not in "".join(logged)


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
