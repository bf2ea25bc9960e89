import os
import socket
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from buildkite_rest import ConfigurationError, JWTAuth
from buildkite_rest._auth.environment import auth_from

UUID = "01920000-0000-7000-8000-000000000021"
PASSPHRASE = "correct horse"


def pem_of(key, passphrase=None, form=PrivateFormat.PKCS8):
    secrecy = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, form, secrecy)


@pytest.fixture(scope="module")
def pem(rsa_key):
    return pem_of(rsa_key)


@pytest.fixture(scope="module")
def encrypted(rsa_key):
    return pem_of(rsa_key, PASSPHRASE)


@pytest.fixture
def reference(rsa_key):
    """RS256 is deterministic: equal keys sign equally."""
    return JWTAuth(UUID, rsa_key, clock=lambda: 0.0).authorization()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["pkcs8", "pkcs1"])
@pytest.mark.parametrize("kind", ["text", "bytes", "path"])
def test_a_key_may_come_as(kind, form, rsa_key, reference, tmp_path):
    pem = pem_of(rsa_key, form=form)
    (tmp_path / "key.pem").write_bytes(pem)
    source = {"text": pem.decode(), "bytes": pem, "path": tmp_path / "key.pem"}[kind]
    assert JWTAuth(UUID, source, clock=lambda: 0.0).authorization() == reference


@pytest.mark.parametrize("passphrase", [PASSPHRASE, PASSPHRASE.encode()], ids=["text", "bytes"])
def test_a_key_may_be_encrypted(encrypted, reference, passphrase):
    assert JWTAuth(UUID, encrypted, passphrase, clock=lambda: 0.0).authorization() == reference


@pytest.mark.parametrize("passphrase", [None, ""], ids=["none", "empty"])
def test_an_encrypted_key_needs_its_passphrase(encrypted, passphrase):
    with pytest.raises(ConfigurationError, match=r"is encrypted\. Pass its passphrase"):
        JWTAuth(UUID, encrypted, passphrase)


def test_a_wrong_passphrase_is_an_error(encrypted):
    with pytest.raises(ConfigurationError, match="its passphrase is wrong"):
        JWTAuth(UUID, encrypted, "battery staple")


@pytest.mark.parametrize("kind", ["pem", "rsa_key"])
def test_a_needless_passphrase_is_an_error(kind, request):
    with pytest.raises(ConfigurationError, match=r"not encrypted\. Leave out the passphrase"):
        JWTAuth(UUID, request.getfixturevalue(kind), PASSPHRASE)


@pytest.mark.parametrize("bits", [1024, 4104])
def test_a_key_of_another_size_is_refused(bits):
    with pytest.raises(ConfigurationError, match=f"has {bits} bits. The API accepts 2048 to 4096"):
        JWTAuth(UUID, rsa.generate_private_key(public_exponent=65537, key_size=bits))


@pytest.mark.parametrize("as_pem", [False, True], ids=["object", "pem"])
@pytest.mark.parametrize(
    "make", [ed25519.Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256R1())], ids=["ed25519", "ec"]
)
def test_a_key_of_another_kind_is_refused(make, as_pem):
    key = pem_of(make()) if as_pem else make()
    with pytest.raises(ConfigurationError, match="not an RSA private key"):
        JWTAuth(UUID, key)


def test_a_public_key_is_refused(rsa_key):
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ConfigurationError, match="the private key is a PEM with the label 'PUBLIC KEY'"):
        JWTAuth(UUID, public)


def test_an_openssh_key_is_an_error_with_advice(rsa_key):
    with pytest.raises(
        ConfigurationError, match=r"format of OpenSSH\. Convert it to PEM: ssh-keygen -p -m PEM -f FILE"
    ):
        JWTAuth(UUID, pem_of(rsa_key, form=PrivateFormat.OpenSSH))


def test_escaped_line_breaks_are_an_error(pem):
    with pytest.raises(ConfigurationError, match=r"has \\n where it should have line breaks"):
        JWTAuth(UUID, pem.replace(b"\n", b"\\n"))


def test_a_damaged_key_is_an_error(pem):
    lines = pem.splitlines()
    with pytest.raises(ConfigurationError, match="is damaged"):
        JWTAuth(UUID, b"\n".join([lines[0], *lines[5:]]))


@pytest.mark.parametrize("source", ["", "private_key.pem", b"\x30\x82\x04\xa4", "x" * 2_000])
def test_text_that_is_not_pem_is_an_error(source):
    with pytest.raises(ConfigurationError, match=r"not PEM\. .*pathlib\.Path"):
        JWTAuth(UUID, source)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match=r"^private_key is not the path of a readable PEM file: No such file"):
        JWTAuth(UUID, tmp_path / "missing.pem")


@pytest.mark.parametrize(
    "change",
    [lambda text: text, lambda text: text.replace("\n", ""), lambda text: "".join(text.splitlines()[1:-1])],
    ids=["pem", "one-line", "body"],
)
def test_the_text_of_a_key_as_a_path_is_not_shown(pem, change):
    text = change(pem.decode())
    with pytest.raises(ConfigurationError, match=r"^private_key is not the path of a readable PEM file") as caught:
        JWTAuth(UUID, Path(text))
    assert text[40:60] not in "".join(traceback.format_exception(caught.value))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["a\0b", "\ud800"], ids=["nul", "surrogate"])
def test_a_path_that_no_file_can_have_is_refused(name):
    with pytest.raises(ConfigurationError, match=r"^private_key is not the path of a readable PEM file"):
        JWTAuth(UUID, Path(name))


@pytest.mark.parametrize("name", ["n" * 200 + "/" + "m" * 200, os.fsdecode(b"\xff.pem")], ids=["long", "not-utf-8"])
def test_a_key_is_read_from_any_path(tmp_path, pem, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pem)
    assert JWTAuth(UUID, path).token_uuid == UUID
    assert auth_from({"BUILDKITE_API_TOKEN_UUID": UUID, "BUILDKITE_API_PRIVATE_KEY_PATH": str(path)})


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs, devices and sockets in folders")
@pytest.mark.parametrize("kind", ["folder", "fifo", "zero", "socket", "sparse", "many-bytes", "loop"])
def test_only_a_small_regular_file_is_read(tmp_path, pem, kind):
    path = tmp_path / "geheim"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "zero":
            path.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(str(path))
        case "sparse":
            with path.open("wb") as file:
                file.truncate(3 << 30)
        case "many-bytes":
            path.write_bytes(pem + b"\n" * 65_536)
        case _:
            path.symlink_to(path)
    for make in (
        lambda: JWTAuth(UUID, path),
        lambda: auth_from({"BUILDKITE_API_TOKEN_UUID": UUID, "BUILDKITE_API_PRIVATE_KEY_PATH": str(path)}),
    ):
        with pytest.raises(ConfigurationError, match=r"is not the path of a readable PEM file: [A-Z]") as caught:
            make()
        assert "geheim" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_passphrase_may_have_bytes_that_the_environment_could_not_decode(rsa_key, reference):
    secret = b"SEKRET\xe9\x80"
    encrypted = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(secret))
    passphrase = secret.decode("utf-8", "surrogateescape")
    assert JWTAuth(UUID, encrypted, passphrase, clock=lambda: 0.0).authorization() == reference


def test_a_passphrase_that_cannot_be_encoded_is_refused_and_not_shown(encrypted):
    with pytest.raises(ConfigurationError, match=r"^passphrase contains a lone surrogate") as caught:
        JWTAuth(UUID, encrypted, "SEKRET\ud800")
    assert caught.value.__context__ is None


@pytest.mark.parametrize("passphrase", [5, bytearray(b"x"), ["SEKRET"]])
def test_a_passphrase_of_another_type_is_refused(encrypted, passphrase):
    with pytest.raises(ConfigurationError, match=r"^passphrase must be a str or bytes, not (int|bytearray|list)$"):
        JWTAuth(UUID, encrypted, passphrase)


def test_repr_hides_key_and_passphrase(encrypted):
    shown = repr(JWTAuth(UUID, encrypted, PASSPHRASE))
    assert UUID in shown
    assert PASSPHRASE not in shown
    assert "BEGIN" not in shown


def test_errors_hide_key_and_passphrase(pem, encrypted):
    """The whole traceback counts, for that is what ends up in a log."""
    damaged = b"\n".join(pem.splitlines()[:5])
    for source, passphrase in [(encrypted, "battery staple"), (pem, PASSPHRASE), (damaged, None)]:
        with pytest.raises(ConfigurationError) as caught:
            JWTAuth(UUID, source, passphrase)
        told = "".join(traceback.format_exception(caught.value))
        secrets = [passphrase or PASSPHRASE, "BEGIN", source.splitlines()[1].decode()]
        assert not [secret for secret in secrets if secret in told]
