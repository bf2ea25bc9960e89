"""Credentials from the environment."""

import traceback

import pytest
from cryptography.hazmat.primitives import serialization

from buildkite_rest import ConfigurationError, JWTAuth
from buildkite_rest._auth.environment import auth_from

UUID = "01920000-0000-7000-8000-000000000021"


def pem(key, passphrase=None):
    encryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase.encode())
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture
def key_file(rsa_key, tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(pem(rsa_key))
    return path


def test_a_key_by_its_path(key_file):
    auth = auth_from({"BUILDKITE_API_TOKEN_UUID": UUID, "BUILDKITE_API_PRIVATE_KEY_PATH": str(key_file)})
    assert isinstance(auth, JWTAuth)
    assert auth.token_uuid == UUID
    assert auth.authorization().count(".") == 2


def test_a_key_that_is_encrypted(rsa_key):
    environ = {"BUILDKITE_API_TOKEN_UUID": UUID, "BUILDKITE_API_PRIVATE_KEY": pem(rsa_key, "öffne")}
    assert isinstance(auth_from({**environ, "BUILDKITE_API_PRIVATE_KEY_PASSPHRASE": "öffne"}), JWTAuth)
    with pytest.raises(ConfigurationError, match="encrypted"):
        auth_from(environ)


def test_empty_variables_are_unset(key_file):
    environ = {
        "BUILDKITE_API_TOKEN": "",
        "BUILDKITE_API_TOKEN_UUID": UUID,
        "BUILDKITE_API_PRIVATE_KEY": "",
        "BUILDKITE_API_PRIVATE_KEY_PATH": str(key_file),
        "BUILDKITE_API_PRIVATE_KEY_PASSPHRASE": "",
    }
    assert isinstance(auth_from(environ), JWTAuth)


TOKEN, UUID_NAME, KEY, PATH, PASSPHRASE = (
    "BUILDKITE_API_TOKEN",
    "BUILDKITE_API_TOKEN_UUID",
    "BUILDKITE_API_PRIVATE_KEY",
    "BUILDKITE_API_PRIVATE_KEY_PATH",
    "BUILDKITE_API_PRIVATE_KEY_PASSPHRASE",
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), f"No token is configured. Set {TOKEN}, or pass auth= with a token or a JWTAuth."),
        ((TOKEN, UUID_NAME), f"{TOKEN} and {UUID_NAME} are both set"),
        ((TOKEN, KEY), f"{TOKEN} and {KEY} are both set"),
        ((KEY,), f"set without {UUID_NAME}"),
        ((UUID_NAME, KEY, PATH), f"{KEY} and {PATH} are both set"),
        ((UUID_NAME, KEY), f"{UUID_NAME} is not a UUID"),
    ],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, tuple) else "",
)
def test_errors_do_not_show_the_value_of_a_variable(names, expected):
    with pytest.raises(ConfigurationError) as caught:
        auth_from(dict.fromkeys(names, "s3cret"))
    assert expected in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, f"{UUID_NAME} is set without a key. Set {PATH} or {KEY}"),
        ({KEY: "/s3cret/key.pem"}, f"{KEY} is not PEM: it does not contain -----BEGIN. Use a pathlib.Path or {PATH}"),
        ({PATH: "bkua_s3cret"}, f"{PATH} is not the path of a readable PEM file: No such file or directory. Set it"),
        ({KEY: "-----BEGIN PRIVATE KEY-----\ns3cret"}, f"the key in {KEY} is damaged"),
    ],
)
def test_an_invalid_key_is_named_by_its_variable(variables, expected):
    with pytest.raises(ConfigurationError) as caught:
        auth_from({UUID_NAME: UUID, **variables})
    assert str(caught.value).startswith(expected)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
