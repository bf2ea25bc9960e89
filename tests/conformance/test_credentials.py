"""What stands in the place of credentials in what the runner shows."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.conformance.mutants.access import needs_no_scope, takes_forged
from tests.conformance.runner_support import Run, conform, mock_with

from buildkite_rest.mock import seeded_world
from buildkite_rest.mock.seed.accounts import JWT_TOKEN_UUID, NO_SCOPES_TOKEN

ACCESS = ("--phases", "access", "--include-operation")
OPTIONS = ("--jwt-token-uuid", JWT_TOKEN_UUID, "--jwt-private-key", "key.pem")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def plain(key: rsa.RSAPrivateKey, tmp_path: Path) -> str:
    """The key in `key.pem`, and its text."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    return pem.decode()


def public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def credentials(run: Run) -> set[str]:
    """Return what stands in the `Authorization` headers of all commands."""
    commands = [
        command for found in run.operations.values() for each in found["failures"] for command in each["reproduction"]
    ]
    return {found for command in commands for found in re.findall(r'"Authorization: Bearer ([^"]*)"', command)}


@pytest.mark.usefixtures("plain")
def test_a_forged_token_is_not_shown_as_that_of_the_run(key, tmp_path) -> None:
    world = seeded_world(1, builds=10)
    world.register_public_key(JWT_TOKEN_UUID, public(key))
    with mock_with(takes_forged(lambda head, claims: head["alg"] == "none"), world) as url:
        run = conform(tmp_path, url, *ACCESS, "getUser", *OPTIONS, token=None)

    assert run.failures == {("getUser", "forged_token_is_refused")}
    assert credentials(run) == {"$FORGED_TOKEN"}
    assert "eyJ" not in run.everything


def test_a_token_without_scopes_is_not_shown_as_that_of_the_run(tmp_path) -> None:
    path = "/v2/organizations/*/agents"
    with mock_with(needs_no_scope("GET", path)) as url:
        run = conform(tmp_path, url, *ACCESS, "listAgents", "--no-scope-token", NO_SCOPES_TOKEN)

    assert run.failures == {("listAgents", "scope_is_needed")}
    assert credentials(run) == {"$NO_SCOPE_TOKEN"}
    assert NO_SCOPES_TOKEN not in run.everything


def test_the_page_explains_every_name() -> None:
    from buildkite_rest.conformance import credentials as names

    page = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")
    for name in (names.TOKEN, names.NO_SCOPE_TOKEN, names.FORGED_TOKEN):
        assert f"| `{name}` |" in page
