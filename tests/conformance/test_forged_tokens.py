"""Forged tokens, and what the spec says of an operation."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.conformance.package_spec import SPEC

from buildkite_rest import Buildkite, JWTAuth
from buildkite_rest._base.errors import AuthenticationError
from buildkite_rest.conformance.forged_tokens import forged_tokens
from buildkite_rest.mock import MockServer

OPERATIONS = {operation.id: operation for operation in SPEC.operations}


def test_forged_tokens_are_rejected_and_the_key_is_accepted() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with MockServer(builds=10) as server:
        server.register_public_key(public)
        auth = JWTAuth(server.jwt_token_uuid, key)
        with Buildkite(auth, base_url=server.url) as client:
            assert client.user.get().id
        forged = dict(forged_tokens(auth))
        for token in forged.values():
            with Buildkite(token, base_url=server.url) as client, pytest.raises(AuthenticationError, match="401"):
                client.user.get()

    assert len(forged) >= 13
    assert {jwt.get_unverified_header(token)["alg"] for token in forged.values()} == {
        *("RS256", "RS512", "PS256", "HS256", "none", "nOnE"),
    }


def test_secrets_of_an_operation() -> None:
    spec = SPEC

    assert spec.secrets_of(OPERATIONS["createClusterAgentToken"]) == {"token"}
    assert spec.secrets_of(OPERATIONS["getUser"]) == set()
    assert spec.secrets_of(OPERATIONS["deleteTeam"]) == set()


def test_find_an_operation_by_path() -> None:
    spec = SPEC

    assert spec.find("GET", "/v2/organizations/acme/teams/1") == OPERATIONS["getTeam"]
    assert spec.find("GET", "/v2/organizations/acme/nothing") is None
