"""JWTs: claims, the clock, and private keys."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from itertools import count
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.unit.client.support import Script, build, response

from buildkite_rest import ConfigurationError, JWTAuth
from buildkite_rest._auth.environment import auth_from

UUID = "01920000-0000-7000-8000-000000000021"
NOW = 1_772_442_900.0  # 2026-03-02 09:15:00 UTC
UNTIMED = {"verify_exp": False, "verify_iat": False}


class Wall:
    """A wall clock that a test sets."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def auth(rsa_key, wall):
    return JWTAuth(UUID, rsa_key, clock=wall)


def claims(authorization, key):
    scheme, _, token = authorization.partition(" ")
    assert scheme == "Bearer"
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    # The signature is checked; the times are those of a clock that stands still.
    return jwt.decode(token, key.public_key(), algorithms=["RS256"], options=UNTIMED)


def test_claims(auth, rsa_key):
    assert claims(auth.authorization(), rsa_key) == {"iss": UUID, "iat": NOW - 1, "exp": NOW + 59}


@pytest.mark.parametrize(
    "text", ["bkua_s3cret", "-----BEGIN s3cret-----", UUID + "\n", UUID.replace("-", ""), f"{{{UUID}}}", "s3cret" * 6]
)
def test_an_invalid_uuid_is_refused_and_not_shown(rsa_key, text):
    with pytest.raises(ConfigurationError, match=r"^token_uuid is not a UUID\. Set it to that") as caught:
        JWTAuth(text, rsa_key)
    assert text.strip() not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_jwt_expires_after_its_lifetime(rsa_key):
    auth = JWTAuth(UUID, rsa_key, lifetime=120, clock=lambda: NOW)
    found = claims(auth.authorization(), rsa_key)
    assert found["exp"] - found["iat"] == 120


@pytest.mark.parametrize("lifetime", [-1, 0, 4, 9.9, 300.5, float("nan"), float("inf")])
def test_a_lifetime_outside_the_rules_is_refused(rsa_key, lifetime):
    with pytest.raises(
        ConfigurationError, match=r"^lifetime must be from 10 to 300 seconds\. The API accepts at most 300\.$"
    ):
        JWTAuth(UUID, rsa_key, lifetime=lifetime)


def test_a_signature_is_used_for_a_few_seconds(auth, wall, rsa_key):
    first = auth.authorization()
    wall.now += 1.9
    assert auth.authorization() == first
    wall.now += 0.2
    assert claims(auth.authorization(), rsa_key)["iat"] == NOW + 1  # 2.1 later, one second back, cut off


@pytest.mark.parametrize("off", [-3_600, -11, 11, 3_600])
def test_the_date_of_a_401_corrects_the_clock(auth, wall, rsa_key, off):
    auth.authorization()
    assert auth.renew(formatdate(NOW + off, usegmt=True))
    assert claims(auth.authorization(), rsa_key)["iat"] == NOW + off - 1
    wall.now += 100
    assert claims(auth.authorization(), rsa_key)["iat"] == NOW + off + 99


@pytest.mark.parametrize(("off", "corrected"), [(86_400, True), (86_401, False), (-86_401, False), (2e9, False)])
def test_the_clock_is_corrected_by_at_most_a_day(auth, rsa_key, off, corrected):
    """A server could otherwise collect JWTs that are valid in later years."""
    auth.renew(formatdate(NOW + off, usegmt=True))
    assert claims(auth.authorization(), rsa_key)["iat"] == NOW - 1 + (off if corrected else 0)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026 09:15:00 GMT"])
def test_a_useless_date_still_forgets_the_signature(auth, wall, rsa_key, date):
    auth.authorization()
    wall.now += 1.5  # Near enough to use the old one again, had it not been refused.
    assert auth.renew(date)
    assert claims(auth.authorization(), rsa_key)["iat"] == NOW


def test_a_client_signs_again_after_a_401(connect, auth, rsa_key):
    date = formatdate(NOW + 500, usegmt=True)
    script = Script(response({"message": "Authentication required"}, 401, Date=date), response(build()))
    assert connect(script, auth=auth).builds.get("acme", "web", 1).number == 1
    sent = [claims(request.headers["Authorization"], rsa_key)["iat"] for request in script.requests]
    assert sent == [NOW - 1, NOW + 499]


def test_threads_share_one_signature(rsa_key):
    """Each look at the clock takes a second, so each signature serves exactly two calls unless calls overlap."""
    seconds = count(int(NOW))
    auth = JWTAuth(UUID, rsa_key, clock=lambda: next(seconds))
    with ThreadPoolExecutor(8) as pool:
        issued = [claims(sent, rsa_key)["iat"] for sent in pool.map(lambda _: auth.authorization(), range(80))]
    assert sorted(issued) == [NOW - 1 + 2 * (call // 2) for call in range(80)]


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


def test_a_path_that_cannot_be_read_is_not_shown(tmp_path):
    (path := tmp_path / "s3cret").mkdir()
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
