"""Credentials: what goes into the `Authorization` header. Where it may go is the transport's business."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

from attrs import define, field

from ._callbacks import plain_function
from ._dates import http_date
from ._errors import ConfigurationError
from ._forks import ForkSafeLock
from ._numbers import number
from ._safe_text import safe_repr

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "str | bytes | Path | RSAPrivateKey"

# The API takes a JWT only within 10 seconds of its `iat`. With a second for a clock that is a little behind and one
# that is cut off, a JWT is 4 seconds old at most when it is sent, and has 6 for the way.
_REUSE_SECONDS: Final = 2.0
_BACKDATE_SECONDS: Final = 1.0
_LIFETIMES: Final = (10, 300)
_LONGEST_LABEL: Final = 40
_LONGEST_PATH: Final = 255
"""Characters of a path that is shown. A key without its line breaks is longer."""


class Auth(Protocol):
    """Credentials that can be renewed. Bring your own by writing a class with these two methods.

    It may also have `short_lived = True`. Then credentials are asked for once more when a request is about to be sent,
    however long it has waited for a free connection.
    """

    def authorization(self) -> str:
        """Return the value of the `Authorization` header for a request that is sent now."""
        ...

    def renew(self, date: str | None) -> bool:
        """Take note of a 401 and of its `Date` header. Return whether another try with new credentials makes sense."""
        ...


def authorization_of(auth: Auth) -> str:
    """Return the value of the `Authorization` header, which can be sent.

    The HTTP library would show one that cannot in its error.

    Raises:
        ConfigurationError: It cannot be the value of a header.
    """
    value = auth.authorization()
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - the class may be the caller's
        kind = type(auth).__name__
        raise ConfigurationError(f"authorization() of {kind} must return a str, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError("the credentials have a line break or another character that no header can have")
    return value


@define
class TokenAuth:
    """An API access token.

    Args:
        token: The token, or a function that returns it and is called for every request, for tokens that rotate.

    Raises:
        ConfigurationError: It is no token.
        TypeError: It is a coroutine function.
    """

    _token: str | Callable[[], str] = field(alias="token", repr=lambda _: "***")  # pyright needs to be told the alias

    def __attrs_post_init__(self) -> None:
        if isinstance(self._token, str):
            _check_token(self._token)
        else:
            plain_function("token", self._token)

    def authorization(self) -> str:
        """Return `Bearer` and the token."""
        token = self._token
        return f"Bearer {token if isinstance(token, str) else _check_token(token())}"

    def renew(self, date: str | None) -> bool:
        """Another try makes sense only when a function may return another token."""
        return not isinstance(self._token, str)


def _check_token(token: str) -> str:
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"the token must be a str, not {type(token).__name__}")
    if not token or not token.strip():
        raise ConfigurationError("the token is empty; pass the token of an API access token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("the token has a space, a line break or a character that no token has")
    return token


@define
class JWTAuth:
    """Signs a short-lived JSON Web Token (RS256) for requests, with a key whose public half is registered.

    A signature is used for a few seconds and then renewed, also after a 401; a local clock that is off is corrected
    from the `Date` header of that answer. One object may be shared by threads and tasks.

    Args:
        token_uuid: UUID of the access token that the public key is registered with.
        private_key: An RSA key of 2048 to 4096 bits: PEM text, the path of a PEM file, or a key object.
        passphrase: Decrypts an encrypted PEM.
        lifetime: Seconds from `iat` to `exp`, from 10 to 300.
        clock: Returns the time in seconds since 1970.

    Raises:
        ConfigurationError: The key cannot be read or is not one that the API accepts.

    Source: https://buildkite.com/docs/apis/managing-api-tokens#public-key
    """

    short_lived: ClassVar[bool] = True

    token_uuid: str
    _private_key: PrivateKey = field(alias="private_key", repr=lambda _: "***")
    _passphrase: str | bytes | None = field(
        alias="passphrase", default=None, repr=lambda value: "None" if value is None else "***"
    )
    lifetime: float = field(default=60.0, kw_only=True)
    _clock: Callable[[], float] = field(alias="clock", default=time.time, kw_only=True, repr=False)
    _key: RSAPrivateKey = field(init=False, repr=False)
    _skew: float = field(default=0.0, init=False, repr=False)
    _signed: tuple[str, float] | None = field(default=None, init=False, repr=False)
    _lock: ForkSafeLock = field(factory=ForkSafeLock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.token_uuid, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"token_uuid must be a str, not {type(self.token_uuid).__name__}")
        if not self.token_uuid:
            raise ConfigurationError("token_uuid is empty; pass the UUID of the access token")
        number("lifetime", self.lifetime)
        shortest, longest = _LIFETIMES
        if not shortest <= self.lifetime <= longest:
            raise ConfigurationError(
                f"lifetime must be from {shortest} to {longest} seconds, the longest the API takes"
            )
        self._key = _load_key(self._private_key, self._passphrase)

    def authorization(self) -> str:
        """Return `Bearer` and a JWT that was signed a few seconds ago at most."""
        with self._lock.current:
            now = self._clock()
            if self._signed is None or not 0 <= now - self._signed[1] < _REUSE_SECONDS:
                self._signed = self._sign(now + self._skew), now
            return f"Bearer {self._signed[0]}"

    def renew(self, date: str | None) -> bool:
        """Forget the last signature and set the clock by `date`."""
        told = http_date(date)
        with self._lock.current:
            if told is not None:
                skew = told - self._clock()
                # The header has whole seconds, so a small difference says nothing.
                self._skew = skew if abs(skew) > 2 else 0.0
            self._signed = None
        return True

    def _sign(self, now: float) -> str:
        import jwt  # noqa: PLC0415 - tokens without a key should not pay for it

        issued = int(now - _BACKDATE_SECONDS)
        claims = {"iss": self.token_uuid, "iat": issued, "exp": int(issued + self.lifetime)}
        return jwt.encode(claims, self._key, algorithm="RS256")


def _load_key(source: PrivateKey, passphrase: str | bytes | None) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    key: Any = source
    if isinstance(source, str | bytes | Path):
        pem = _read_pem(source)
        secret = (passphrase.encode() if isinstance(passphrase, str) else passphrase) or None
        try:
            key = load_pem_private_key(pem, password=secret)
        except TypeError:
            reason = (
                "is encrypted; give its passphrase" if secret is None else "is not encrypted; leave out the passphrase"
            )
            raise ConfigurationError(f"the private key {reason}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(f"the private key {_trouble(pem, secret)}") from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError("the private key is not an RSA private key, the only kind that the API accepts")
    if not 2048 <= key.key_size <= 4096:
        raise ConfigurationError(f"the private key has {key.key_size} bits; the API accepts 2048 to 4096")
    return key


def _label(pem: bytes) -> str:
    """Return the label of a PEM, or that of a private key when it has none."""
    label = pem.partition(b"-----BEGIN ")[2].partition(b"-----")[0][: _LONGEST_LABEL + 1].decode("latin-1")
    is_label = len(label) <= _LONGEST_LABEL and label.isascii() and label.replace(" ", "").isalpha() and label.isupper()
    return label if is_label else "PRIVATE KEY"


def _trouble(pem: bytes, secret: bytes | None) -> str:
    """Return why a PEM cannot be read as a private key, by its label."""
    label = _label(pem)
    if b"\\n" in pem:
        return r"has \n where it should have line breaks"
    if label == "OPENSSH PRIVATE KEY":
        return "is in the format of OpenSSH; make a PEM of it: ssh-keygen -p -m PEM -f FILE"
    if "PRIVATE KEY" not in label:
        return f"is not one: its PEM has the label {label!r}"
    return "is damaged" if secret is None else "is damaged or its passphrase is wrong"


def may_be_shown(text: str) -> bool:
    """Whether a text that should be a path is one, and not a key by mistake."""
    return len(text) <= _LONGEST_PATH and text.isprintable() and "-----" not in text


def _read_pem(source: str | bytes | Path) -> bytes:
    if isinstance(source, Path):
        pem = _read_file(source)
    else:
        pem = source.encode("utf-8", "replace") if isinstance(source, str) else source
    if b"-----BEGIN" not in pem:
        if isinstance(source, Path):
            raise ConfigurationError(
                f"the private key in {safe_repr(str(source))} is not PEM, which starts with -----BEGIN"
            )
        raise ConfigurationError(
            "the private key is not PEM; pass PEM text that starts with -----BEGIN, or a pathlib.Path to such a file"
        )
    return pem


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        if may_be_shown(str(path)):
            shown = safe_repr(str(path))
            raise ConfigurationError(f"the private key cannot be read from {shown}: {error.strerror}") from None
    except ValueError:  # a NUL or a lone surrogate
        pass
    raise ConfigurationError(
        "private_key is not the path of a readable PEM file. Pass the path of the key, or its text as a str"
    )
