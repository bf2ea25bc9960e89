"""Authentication: opaque tokens, those with some scopes, JSON Web Tokens, and the order of the checks."""

from __future__ import annotations

from functools import cache
from itertools import combinations, permutations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from buildkite_rest.mock import (
    EXPIRED_TOKEN,
    JWT_TOKEN_UUID,
    LIMITED_TOKENS,
    NO_SCOPES_TOKEN,
    READ_ONLY_TOKEN,
    create_app,
    seeded_backend,
)
from buildkite_rest.mock.resources.access_tokens import all_scopes

from .caller import WEB, Caller
from .support import public_pem


@cache
def key(bits=2048):
    return rsa.generate_private_key(65537, bits)


@pytest.fixture
def signed(api, backend, clock):
    """Return a function that calls the API with a JWT, correct but for the claims it is given."""
    backend.register_public_key(JWT_TOKEN_UUID, public_pem(key()))

    def call(private=None, algorithm="RS256", **claims):
        payload = {"iss": JWT_TOKEN_UUID, "iat": int(clock()), "exp": int(clock()) + 60, **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        token = jwt.encode(payload, key() if private is None else private, algorithm=algorithm)
        return api.as_owner_of(token).get("/v2/user")

    return call


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Token bkua_mock_all_scopes",
        "bkua_mock_all_scopes",
        "Bearer nope",
        f"Bearer {EXPIRED_TOKEN}",
    ],
)
def test_a_request_without_a_valid_token_is_401(api, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    response = api.as_owner_of(None).get("/v2/user", headers=headers)
    assert response.status_code == 401
    assert response.json()["message"]
    assert "RateLimit-Limit" not in response.headers


def test_routes_come_before_tokens_and_scopes_before_validation(api):
    assert api.as_owner_of(None).get("/v2/nothing").status_code == 404
    assert api.as_owner_of(None).patch("/v2/user").status_code == 405
    assert api.as_owner_of(NO_SCOPES_TOKEN).get(f"{WEB}/builds?state=x").status_code == 403


def test_limits_come_before_scopes(runner, backend):
    limited = Caller(runner, create_app(backend, user_rate_limit=1), token=NO_SCOPES_TOKEN)
    assert [limited.get("/v2/user").status_code for _ in range(2)] == [403, 429]


def test_a_good_jwt_is_accepted(signed):
    assert signed().json()["name"] == "Jürgen Schmidhuber"


@pytest.mark.parametrize("issued", [-10, -5, 0, 5, 10])
def test_iat_may_be_ten_seconds_off(signed, clock, issued):
    assert signed(iat=clock() + issued).status_code == 200


@pytest.mark.parametrize(("life", "status"), [(1, 200), (300, 200), (301, 401), (0, 401), (-1, 401)])
def test_exp_is_at_most_five_minutes_after_iat(signed, clock, life, status):
    assert signed(exp=int(clock()) + life).status_code == status


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "ES256", "none"])
def test_only_rs256_is_supported(signed, algorithm):
    private = {"ES256": ec.generate_private_key(ec.SECP256R1()), "none": ""}.get(algorithm)
    assert signed(private=private, algorithm=algorithm).status_code == 401


@pytest.mark.parametrize("token", ["a.b.c", "..", "e30.e30.", "bkua.with.dots"])
def test_a_malformed_jwt_is_rejected(api, token):
    assert api.as_owner_of(token).get("/v2/user").status_code == 401


@pytest.mark.parametrize("private", [key(1024), ec.generate_private_key(ec.SECP256R1())], ids=["short", "elliptic"])
def test_only_rsa_keys_of_a_good_length_are_registered(backend, private):
    with pytest.raises(ValueError, match="RSA key of 2048 to 4096 bits"):
        backend.register_public_key(JWT_TOKEN_UUID, public_pem(private))


#: Words of scopes that stand for no kind of objects.
_OTHER_WORDS = {"read", "write", "delete", "organization"}


def scopes_of(*secrets: str) -> list[frozenset[str]]:
    backend = seeded_backend(1, builds=1)
    return [token.scopes for secret in secrets if (token := backend.token_with_secret(secret)) is not None]


def kinds(scope: str) -> set[str]:
    return {word.removesuffix("s") for word in scope.split("_")} - _OTHER_WORDS


def test_any_two_scopes_differ_in_a_token() -> None:
    found = scopes_of(*LIMITED_TOKENS)

    assert len(found) == len(LIMITED_TOKENS)
    for one, other in combinations(sorted(all_scopes()), 2):
        assert any((one in scopes) != (other in scopes) for scopes in found), (one, other)
    assert all(any(scope in scopes for scopes in found) for scope in all_scopes())


def test_no_scope_for_a_kind_of_objects_is_always_beside_another() -> None:
    found = scopes_of(READ_ONLY_TOKEN, *LIMITED_TOKENS)

    for one, other in permutations(sorted(all_scopes()), 2):
        if kinds(one) & kinds(other):
            assert any(one in scopes and other not in scopes for scopes in found), (one, other)
