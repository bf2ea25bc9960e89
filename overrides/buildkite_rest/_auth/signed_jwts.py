"""Credentials that are JSON Web Tokens, and the private keys that they are signed with."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._base.arguments import check_number, type_name
from .._base.errors import ConfigurationError
from .._base.fork_safety import ForkSafeLock
from .._base.times import http_date

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "str | bytes | Path | RSAPrivateKey"

_MAX_PEM_BYTES: Final = 1 << 20
# The API accepts a JWT within 10 seconds of its `iat`. With one second for a slow clock and one for truncation, a JWT
# appears at most 4 seconds old when it is sent, which leaves 6 for its transmission.
_REUSE_SECONDS: Final = 2.0
_BACKDATE_SECONDS: Final = 1.0
_MIN_LIFETIME_SECONDS: Final = 10
_MAX_LIFETIME_SECONDS: Final = 300
_MAX_SKEW_SECONDS: Final = 86_400
"""Largest correction of the clock, for any wrong time zone. A server must not collect JWTs for later years."""
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def load_private_key(
    source: PrivateKey,
    passphrase: str | bytes | None,
    name: str = "private_key",
    name_of_passphrase: str = "passphrase",  # noqa: S107 - the name of an argument
) -> RSAPrivateKey:
    """Return the RSA key in `source`.

    Args:
        source: PEM, the path of a file with it, or a key object.
        passphrase: Its passphrase, if it is encrypted.
        name: The argument or variable that has `source`. Messages show no value: it may be a secret.
        name_of_passphrase: The argument or variable that has `passphrase`.

    Raises:
        ConfigurationError: The key cannot be read or is not one that the API accepts.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    if passphrase is not None and not isinstance(passphrase, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{name_of_passphrase} must be a str or bytes, not {type_name(passphrase)}")
    # Of an environment variable, bytes that are not UTF-8 are restored.
    secret = passphrase.encode(errors="surrogateescape") if isinstance(passphrase, str) else passphrase
    key: Any = source
    if isinstance(source, str | bytes | Path):
        pem = _read_pem(source, name)
        try:
            key = load_pem_private_key(pem, password=secret or None)
        except TypeError:
            problem = "is not encrypted. Leave out" if secret else "is encrypted. Pass"
            raise ConfigurationError(f"the key in {name} {problem} {name_of_passphrase}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(f"the key in {name} {_parse_error(pem)}") from None
    elif secret:
        raise ConfigurationError(f"the key in {name} is not encrypted. Leave out {name_of_passphrase}")
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{name} is not an RSA private key, the only kind that the API accepts")
    if not 2048 <= key.key_size <= 4096:
        raise ConfigurationError(f"the key in {name} has {key.key_size} bits. The API accepts 2048 to 4096")
    return key


def _parse_error(pem: bytes) -> str:
    """Describe why a PEM is not a readable private key."""
    if b"\\n" in pem:
        return r"has \n where it should have line breaks"
    if b"OPENSSH PRIVATE KEY" in pem:
        return "is in the format of OpenSSH. Convert it to PEM: ssh-keygen -p -m PEM -f FILE"
    return "is damaged, is not a private key, or its passphrase is wrong"


def _read_pem(source: str | bytes | Path, name: str) -> bytes:
    reason: str | None = "it does not contain -----BEGIN"
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                pem = file.read(_MAX_PEM_BYTES)
        else:
            pem = source.encode(errors="replace") if isinstance(source, str) else source
        if b"-----BEGIN" in pem:
            return pem
    except OSError as error:
        reason = error.strerror
    except ValueError:  # a NUL or a lone surrogate
        reason = "no file can have this path"
    # Not in an `except` block: the context would have the path, which may be a key or a token by mistake.
    kind, advice = "PEM", "Use a pathlib.Path or BUILDKITE_API_PRIVATE_KEY_PATH for a path"
    if isinstance(source, Path):
        kind, advice = "the path of a readable PEM file", "Set it to the path of the key, not to its text"
    raise ConfigurationError(f"{name} is not {kind}: {reason}. {advice}")


class JWTAuth:
    """Short-lived JSON Web Tokens (RS256), signed with a private key whose public key is registered.

    A JWT is used for two seconds and then replaced. After a 401 it is replaced at once, and a wrong local clock is
    corrected by the `Date` header of that response, by at most a day. One object may be shared by threads and tasks.

    Args:
        token_uuid: UUID of the access token that the public key is registered with.
        private_key: An RSA key of 2048 to 4096 bits: PEM text, the `Path` of a PEM file, or a key object.
        passphrase: Passphrase of an encrypted PEM. A str is encoded as UTF-8.
        lifetime: Seconds from `iat` to `exp`, from 10 to 300.
        clock: Returns the time in seconds since 1970.

    Raises:
        ConfigurationError: `token_uuid` is not a UUID, the key cannot be read or is not accepted by the API, the
            passphrase is neither a str nor bytes, or `lifetime` is out of range.
        TypeError: `lifetime` is not a number.

    Source: https://buildkite.com/docs/apis/managing-api-tokens#public-key
    """

    def __init__(
        self,
        token_uuid: str,
        private_key: PrivateKey,
        passphrase: str | bytes | None = None,
        *,
        lifetime: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_token_uuid("token_uuid", token_uuid)
        check_number("lifetime", lifetime)
        if not _MIN_LIFETIME_SECONDS <= lifetime <= _MAX_LIFETIME_SECONDS:
            limits = f"from {_MIN_LIFETIME_SECONDS} to {_MAX_LIFETIME_SECONDS} seconds"
            raise ConfigurationError(f"lifetime must be {limits}. The API accepts at most {_MAX_LIFETIME_SECONDS}.")
        self.token_uuid = token_uuid
        self.lifetime = lifetime
        self._key = load_private_key(private_key, passphrase)
        self._clock = clock
        self._skew = 0.0
        self._signed: tuple[str, float] | None = None
        self._lock = ForkSafeLock()

    def __repr__(self) -> str:
        return f"JWTAuth(token_uuid={self.token_uuid!r}, lifetime={self.lifetime!r})"

    def authorization(self) -> str:
        """Return `Bearer` and a JWT that was signed at most two seconds ago."""
        with self._lock.current:
            now, signed = self._clock(), self._signed
            if signed is None or not 0 <= now - signed[1] < _REUSE_SECONDS:
                self._signed = signed = self._sign(now + self._skew), now
            return f"Bearer {signed[0]}"  # A signal handler may have called `renew` in this thread.

    def renew(self, date: str | None) -> bool:
        """Discard the last JWT and correct the clock by `date`."""
        server_time = http_date(date)
        with self._lock.current:
            if server_time is not None and abs(skew := server_time - self._clock()) <= _MAX_SKEW_SECONDS:
                # The header has whole seconds, so a small difference is not significant.
                self._skew = skew if abs(skew) > 2 else 0.0
            self._signed = None
        return True

    def _sign(self, now: float) -> str:
        import jwt  # noqa: PLC0415 - not needed for access tokens

        issued = int(now - _BACKDATE_SECONDS)
        claims = {"iss": self.token_uuid, "iat": issued, "exp": int(issued + self.lifetime)}
        return jwt.encode(claims, self._key, algorithm="RS256")


def check_token_uuid(name: str, value: str) -> None:
    """Raise `ConfigurationError` unless `value` is a UUID.

    The message calls it `name` and does not show it, since it may be a key or a token by mistake.
    """
    if not _UUID.fullmatch(value):
        raise ConfigurationError(
            f"{name} is not a UUID. Set it to that of the access token, not to the token or its key"
        )
