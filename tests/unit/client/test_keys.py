import os
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
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
    with pytest.raises(ConfigurationError, match=r"is encrypted\. Pass passphrase"):
        JWTAuth(UUID, encrypted, passphrase)


@pytest.mark.parametrize("bits", [1024, 4104])
def test_a_key_of_another_size_is_refused(bits):
    with pytest.raises(ConfigurationError, match=f"has {bits} bits. The API accepts 2048 to 4096"):
        JWTAuth(UUID, rsa.generate_private_key(public_exponent=65537, key_size=bits))


def test_an_openssh_key_is_an_error_with_advice(rsa_key):
    with pytest.raises(
        ConfigurationError, match=r"format of OpenSSH\. Convert it to PEM: ssh-keygen -p -m PEM -f FILE"
    ):
        JWTAuth(UUID, pem_of(rsa_key, form=PrivateFormat.OpenSSH))


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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs, devices and sockets in folders")
@pytest.mark.parametrize("kind", ["folder", "fifo", "zero", "sparse"])
def test_only_a_small_regular_file_is_read(tmp_path, kind):
    path = tmp_path / "s3cret"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "zero":
            path.symlink_to("/dev/zero")
        case _:
            with path.open("wb") as file:
                file.truncate(3 << 30)
    for make in (
        lambda: JWTAuth(UUID, path),
        lambda: auth_from({"BUILDKITE_API_TOKEN_UUID": UUID, "BUILDKITE_API_PRIVATE_KEY_PATH": str(path)}),
    ):
        with pytest.raises(ConfigurationError, match=r"is not the path of a readable PEM file: [A-Z]") as caught:
            make()
        assert "s3cret" not in str(caught.value)
        assert "\n" not in str(caught.value)


INVALID_TEXTS = {
    "public": (lambda pem: pem.replace(b"PRIVATE", b"PUBLIC"), "is not a private key"),
    "escaped": (lambda pem: pem.replace(b"\n", b"\\n"), r"has \\n where it should have line breaks"),
    "damaged": (lambda pem: b"\n".join([pem.splitlines()[0], *pem.splitlines()[5:]]), "is damaged"),
    "empty": (lambda _: "", r"not PEM: .*pathlib\.Path"),
    "name": (lambda _: "private_key.pem", r"not PEM: .*pathlib\.Path"),
}


@pytest.mark.parametrize(("change", "message"), INVALID_TEXTS.values(), ids=INVALID_TEXTS)
def test_text_that_is_not_a_private_key_is_an_error(pem, change, message):
    with pytest.raises(ConfigurationError, match=message):
        JWTAuth(UUID, change(pem))


def test_errors_and_repr_hide_key_and_passphrase(pem, encrypted):
    """The whole traceback counts, for that is what ends up in a log."""
    shown = repr(JWTAuth(UUID, encrypted, PASSPHRASE))
    assert UUID in shown
    damaged = b"\n".join(pem.splitlines()[:5])
    for source, passphrase in [(encrypted, "battery staple"), (pem, PASSPHRASE), (damaged, None)]:
        with pytest.raises(ConfigurationError) as caught:
            JWTAuth(UUID, source, passphrase)
        shown += "".join(traceback.format_exception(caught.value))
        secrets = [passphrase or PASSPHRASE, "BEGIN", source.splitlines()[1].decode()]
        assert not [secret for secret in secrets if secret in shown]
