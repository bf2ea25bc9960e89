"""Shell commands and excerpts in reports, without secrets."""

import shlex
import subprocess

import pytest

from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.reproduction import curl, excerpt

URL = "https://api.example/v2/builds?branch[]=a b&x='"


@pytest.fixture
def secrets() -> Secrets:
    secrets = Secrets(["private_key"])
    secrets.add("Bearer bkua_secret")
    secrets.add("Bearer bkua_secret_of_nobody", "$NO_SCOPE_TOKEN")
    return secrets


def arguments(command: str) -> list[str]:
    """Return the words of a command."""
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}; TOKEN=of-the-user NO_SCOPE_TOKEN=of-nobody; {command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("bkua_secret", "of-the-user"), ("bkua_secret_of_nobody", "of-nobody"), ("generated", "generated")],
)
def test_each_credential_comes_from_a_variable(sent: str, shown: str, secrets: Secrets) -> None:
    command = curl("GET", URL, {"Authorization": [f"Bearer {sent}"], "Accept": ["*/*"]}, None, secrets)

    assert arguments(command) == ["-i", "-H", f"Authorization: Bearer {shown}", URL]
    assert "bkua_secret" not in command


@pytest.mark.parametrize(
    "body",
    [b"", b'{"message": "it\'s"}', "ünïcödé ✓".encode(), b"line\nbreak\x00nul"[:10], b"\xff\xfe", b"back\\slash\x1b"],
)
def test_body_survives_the_shell(body: bytes, secrets: Secrets) -> None:
    command = curl("POST", URL, {"Content-Type": ["application/json"], "Content-Length": ["9"]}, body, secrets)

    assert [word.encode("utf-8", "surrogateescape") for word in arguments(command)][-3:-1] == [b"--data-binary", body]
    assert arguments(command)[:5] == ["-i", "-X", "POST", "-H", "Content-Type: application/json"]


def test_head_does_not_wait_for_a_body(secrets: Secrets) -> None:
    assert arguments(curl("HEAD", URL, {}, None, secrets)) == ["-i", "--head", URL]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it was bkua_secret!", "it was $TOKEN!"),
        ("bkua_secret_of_nobody and bkua_secret", "$NO_SCOPE_TOKEN and $TOKEN"),
        ("eyJhbGciOi.eyJpc3Mi.c2ln-_x", "$TOKEN"),
        ('{"private_key": "-----BEGIN \\"X\\"", "name": "a"}', '{"private_key": "***", "name": "a"}'),
        ("a\x1b[31mb\x00\ud800", "a\\x1b[31mb\\x00\\ud800"),
        ("two\nlines\tü✓", "two\nlines\tü✓"),
    ],
)
def test_secrets_and_control_characters_are_hidden(text: str, shown: str, secrets: Secrets) -> None:
    assert secrets.hide(text) == shown


def test_commands_are_one_line(secrets: Secrets) -> None:
    command = curl("POST", URL, {"X-Tab": ["a\tb"]}, b"one\ntwo", secrets)

    assert "\n" not in command
    assert shlex.split(command)[0] == "curl"


def test_a_secret_at_the_end_of_an_excerpt_is_hidden(secrets: Secrets) -> None:
    assert "bkua" not in excerpt(200, "x" * 295 + "bkua_secret", secrets)
