"""Sources of the runner's credentials, and the variables that replace them in its output."""

import re
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.conformance.runner_support import TOKEN, Request, Response, Run, conform, mock_with, with_token

from buildkite_rest.mock import MockServer, seeded_backend
from buildkite_rest.mock.resources.access_tokens import JWT_TOKEN_UUID, NO_SCOPES_TOKEN

#: They run the whole program many times.
pytestmark = pytest.mark.exhaustive

NOWHERE = "http://127.0.0.1:9"
QUICK = ("--seed", "1", "--include-tag", "user")
ACCESS = ("--phases", "access", "--include-operation")
UUID, PATH = "BUILDKITE_API_TOKEN_UUID", "BUILDKITE_API_PRIVATE_KEY_PATH"
BY_PATH = {UUID: JWT_TOKEN_UUID, PATH: "key.pem"}
PASSPHRASE = {"BUILDKITE_API_PRIVATE_KEY_PASSPHRASE": "correct horse"}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def plain(key: rsa.RSAPrivateKey, tmp_path: Path) -> str:
    """The key in `key.pem`, and its text."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    return pem.decode()


@pytest.fixture
def encrypted(key: rsa.RSAPrivateKey, tmp_path: Path) -> str:
    """The same, encrypted."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"correct horse"))
    (tmp_path / "key.pem").write_bytes(pem)
    return pem.decode()


def public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(tmp_path: Path, key: rsa.RSAPrivateKey, variables: dict[str, str]) -> Run:
    """Run against a mock with the key and without another token of the user."""
    with MockServer(builds=10) as server:
        server.register_public_key(public(key))
        return conform(tmp_path, server.url, *QUICK, token=None, variables=variables)


@pytest.mark.usefixtures("plain")
def test_requests_are_signed_with_a_key(key, tmp_path) -> None:
    run = signed(tmp_path, key, variables=BY_PATH)

    assert run.status == 0, run.everything
    assert run.operations["getUser"]["succeeded"]
    assert "eyJ" not in run.everything


@pytest.mark.usefixtures("encrypted")
def test_an_encrypted_key_needs_the_passphrase_of_the_environment(key, tmp_path) -> None:
    run = signed(tmp_path, key, variables={**BY_PATH, **PASSPHRASE})
    closed = conform(tmp_path, NOWHERE, token=None, variables=BY_PATH)

    assert run.status == 0, run.everything
    assert run.operations["getUser"]["succeeded"]
    assert closed.error.endswith("is encrypted. Set BUILDKITE_API_PRIVATE_KEY_PASSPHRASE")


def test_the_environment_may_contain_the_key(encrypted, key, tmp_path) -> None:
    variables = {UUID: JWT_TOKEN_UUID, "BUILDKITE_API_PRIVATE_KEY": encrypted, **PASSPHRASE}
    run = signed(tmp_path, key, variables=variables)

    assert run.status == 0, run.everything
    assert run.operations["getUser"]["succeeded"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "No token is configured. Set BUILDKITE_API_TOKEN, or pass --token."),
        ({"BUILDKITE_API_TOKEN": TOKEN, **BY_PATH}, "both set. Unset one, or pass --token"),
        ({UUID: JWT_TOKEN_UUID}, f"{UUID} is set without a key"),
    ],
)
def test_an_invalid_environment_is_an_error(variables, message, tmp_path) -> None:
    run = conform(tmp_path, NOWHERE, token=None, variables=variables)

    assert message in run.error
    assert "auth=" not in run.error


def accepts_unsigned_tokens(request: Request, call: Any) -> Response:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        is_unsigned = jwt.get_unverified_header(token)["alg"] == "none"
    except jwt.DecodeError:
        is_unsigned = False
    response: Response = call(with_token(request) if is_unsigned else request)
    return response


def agents_need_no_scope(request: Request, call: Any) -> Response:
    is_accepted = request.matches("GET", "/v2/organizations/*/agents") and "authorization" in request.headers
    response: Response = call(request)
    return call(with_token(request)) if is_accepted and response.status == 403 else response


def credentials(run: Run) -> set[str]:
    """Return the credentials in the `Authorization` headers of all commands."""
    commands = [
        command for found in run.operations.values() for each in found["failures"] for command in each["reproduction"]
    ]
    return {found for command in commands for found in re.findall(r'"Authorization: Bearer ([^"]*)"', command)}


@pytest.mark.usefixtures("encrypted")
def test_a_forged_token_has_its_own_variable(key, tmp_path) -> None:
    world = seeded_backend(1, builds=10)
    world.register_public_key(JWT_TOKEN_UUID, public(key))
    with mock_with(accepts_unsigned_tokens, world) as url:
        run = conform(tmp_path, url, *ACCESS, "getUser", token=None, variables={**BY_PATH, **PASSPHRASE})

    assert run.failures == {("getUser", "forged_token_accepted")}
    assert credentials(run) == {"$FORGED_TOKEN"}
    assert "eyJ" not in run.everything


def test_a_token_without_scopes_has_its_own_variable(tmp_path) -> None:
    with mock_with(agents_need_no_scope) as url:
        run = conform(tmp_path, url, *ACCESS, "listAgents", "--no-scope-token", NO_SCOPES_TOKEN)

    assert ("listAgents", "scope_not_enforced") in run.failures
    assert credentials(run) == {"$NO_SCOPE_TOKEN"}
    assert NO_SCOPES_TOKEN not in run.everything


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tokn", "SEKRET"], "unknown options: --tokn"),
        (["--tokn=SEKRET"], "unknown options: --tokn"),
        (["SEKRET"], "a value without an option; see --help"),
        (["--write=SEKRET"], "argument --write: takes no value"),
        (["--include=SEKRET"], "unknown options: --include"),
    ],
)
def test_messages_contain_no_value_that_may_be_a_token(arguments, message, tmp_path) -> None:
    run = conform(tmp_path, NOWHERE, *arguments, token=None)

    assert message in run.error
    assert "SEKRET" not in run.everything
