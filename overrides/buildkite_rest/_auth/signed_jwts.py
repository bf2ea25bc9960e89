"""Credentials that are JSON Web Tokens, and the private keys that they are signed with."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from attrs import define, field

from .._base.arguments import check_number
from .._base.errors import ConfigurationError
from .._base.fork_safety import ForkSafeLock
from .._base.records import Record
from .._base.times import http_date

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "str | bytes | Path | RSAPrivateKey"

_MAX_LABEL_LENGTH: Final = 40
_MAX_FILE_BYTES: Final = 1 << 16
"""Bytes of the largest file that is read. A key of 4096 bits has 4 KiB."""
# The API accepts a JWT within 10 seconds of its `iat`. With one second for a slow clock and one for truncation, a JWT
# appears at most 4 seconds old when it is sent, which leaves 6 for its transmission.
_REUSE_SECONDS: Final = 2.0
_BACKDATE_SECONDS: Final = 1.0
_MIN_LIFETIME_SECONDS: Final = 10
_MAX_LIFETIME_SECONDS: Final = 300
_MAX_SKEW_SECONDS: Final = 86_400
"""Largest correction of the clock, for any wrong time zone. A server must not collect JWTs for later years."""
_MAX_TIME_SECONDS: Final = 1e12
"""Upper limit of plausible clocks, in seconds since 1970."""
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class KeyNames(Record, frozen=True):
    """Names of a private key and its passphrase in messages, which never show a value: it may be a secret."""

    key: str = "the private key"
    path: str = "private_key"
    """The argument, option or variable that holds the path."""
    passphrase: str = "passphrase"  # noqa: S105 - the name of an argument
    add_passphrase: str = "Pass its passphrase"  # noqa: S105
    remove_passphrase: str = "Leave out the passphrase"  # noqa: S105
    use_path: str = "Pass PEM text that starts with -----BEGIN, or a pathlib.Path to such a file"
    """Advice for text that is not PEM."""


def load_private_key(
    source: PrivateKey, passphrase: str | bytes | None, names: KeyNames | None = None
) -> RSAPrivateKey:
    """Return the RSA key in `source`.

    Raises:
        ConfigurationError: The key cannot be read or is not one that the API accepts.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    names = KeyNames() if names is None else names
    secret = _encode_passphrase(passphrase, names)
    key: Any = source
    if isinstance(source, str | bytes | Path):
        pem = _read_pem(source, names)
        try:
            key = load_pem_private_key(pem, password=secret)
        except TypeError:
            reason = (
                f"is encrypted. {names.add_passphrase}"
                if secret is None
                else f"is not encrypted. {names.remove_passphrase}"
            )
            raise ConfigurationError(f"{names.key} {reason}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(f"{names.key} {_parse_error(pem, secret)}") from None
    elif secret is not None:
        raise ConfigurationError(f"{names.key} is not encrypted. {names.remove_passphrase}")
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{names.key} is not an RSA private key, the only kind that the API accepts")
    if not 2048 <= key.key_size <= 4096:
        raise ConfigurationError(f"{names.key} has {key.key_size} bits. The API accepts 2048 to 4096")
    return key


def _encode_passphrase(passphrase: str | bytes | None, names: KeyNames) -> bytes | None:
    """Encode a passphrase. Bytes of an environment variable that are not UTF-8 are restored."""
    if passphrase is not None and not isinstance(passphrase, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{names.passphrase} must be a str or bytes, not {type(passphrase).__name__}")
    if not isinstance(passphrase, str):
        return passphrase or None
    encoded = None
    with suppress(UnicodeEncodeError):  # It has the passphrase, so it must not be the context of another error.
        encoded = passphrase.encode("utf-8", "surrogateescape")
    if encoded is None:
        raise ConfigurationError(f"{names.passphrase} contains a lone surrogate, which cannot be encoded as UTF-8")
    return encoded or None


def _label(pem: bytes) -> str:
    """Return the label of a PEM, or `PRIVATE KEY` if it has no valid one."""
    label = pem.partition(b"-----BEGIN ")[2].partition(b"-----")[0][: _MAX_LABEL_LENGTH + 1].decode("latin-1")
    is_label = (
        len(label) <= _MAX_LABEL_LENGTH and label.isascii() and label.replace(" ", "").isalpha() and label.isupper()
    )
    return label if is_label else "PRIVATE KEY"


def _parse_error(pem: bytes, secret: bytes | None) -> str:
    """Describe why a PEM is not a readable private key."""
    label = _label(pem)
    if b"\\n" in pem:
        return r"has \n where it should have line breaks"
    if label == "OPENSSH PRIVATE KEY":
        return "is in the format of OpenSSH. Convert it to PEM: ssh-keygen -p -m PEM -f FILE"
    if "PRIVATE KEY" not in label:
        return f"is a PEM with the label {label!r}"
    return "is damaged" if secret is None else "is damaged or its passphrase is wrong"


def _read_pem(source: str | bytes | Path, names: KeyNames) -> bytes:
    if isinstance(source, Path):
        pem = _read_file(source, names)
        if b"-----BEGIN" not in pem:
            raise ConfigurationError(f"the file that {names.path} names is not PEM, which starts with -----BEGIN")
        return pem
    pem = source.encode("utf-8", "replace") if isinstance(source, str) else source
    if b"-----BEGIN" not in pem:
        raise ConfigurationError(f"{names.key} is not PEM. {names.use_path}")
    return pem


def _read_file(path: Path, names: KeyNames) -> bytes:
    """Read a regular file of limited size. The path may be a key or a token by mistake, so it is not shown."""
    reason: str | None = None
    try:
        return _file_content(path)
    except OSError as error:
        reason = error.strerror
    except ValueError:  # a NUL or a lone surrogate
        pass
    raise ConfigurationError(
        f"{names.path} is not the path of a readable PEM file: {reason or 'no file can have this path'}. "
        "Set it to the path of the key, not to its text"
    )


def _file_content(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "Is not a regular file")
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise OSError(0, f"Is larger than {_MAX_FILE_BYTES >> 10} KiB")
    return content


@define
class JWTAuth:
    """Short-lived JSON Web Tokens (RS256), signed with a private key whose public key is registered.

    A JWT is used for two seconds and then replaced. After a 401 it is replaced at once, and a wrong local clock is
    corrected by the `Date` header of that response, by at most a day. One object may be shared by threads and tasks.

    Args:
        token_uuid: UUID of the access token that the public key is registered with.
        private_key: An RSA key of 2048 to 4096 bits: PEM text, the `Path` of a regular PEM file of at most 64 KiB, or a
            key object.
        passphrase: Passphrase of an encrypted PEM. A str is encoded as UTF-8.
        lifetime: Seconds from `iat` to `exp`, from 10 to 300.
        clock: Returns the time in seconds since 1970.

    Raises:
        ConfigurationError: `token_uuid` is not a UUID, the key cannot be read or is not accepted by the API, the
            passphrase is neither a str nor bytes, or `lifetime` is out of range.
        TypeError: `lifetime` is not a number.

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
        check_token_uuid("token_uuid", self.token_uuid)
        check_number("lifetime", self.lifetime)
        if not _MIN_LIFETIME_SECONDS <= self.lifetime <= _MAX_LIFETIME_SECONDS:
            limits = f"from {_MIN_LIFETIME_SECONDS} to {_MAX_LIFETIME_SECONDS} seconds"
            raise ConfigurationError(f"lifetime must be {limits}. The API accepts at most {_MAX_LIFETIME_SECONDS}.")
        self._key = load_private_key(self._private_key, self._passphrase)

    def authorization(self) -> str:
        """Return `Bearer` and a JWT that was signed at most two seconds ago."""
        with self._lock.current:
            now, signed = self._now(), self._signed
            if signed is None or not 0 <= now - signed[1] < _REUSE_SECONDS:
                self._signed = signed = self._sign(now + self._skew), now
            return f"Bearer {signed[0]}"  # A signal handler may have called `renew` in this thread.

    def renew(self, date: str | None) -> bool:
        """Discard the last JWT and correct the clock by `date`."""
        server_time = http_date(date)
        with self._lock.current:
            if server_time is not None and abs(skew := server_time - self._now()) <= _MAX_SKEW_SECONDS:
                # The header has whole seconds, so a small difference is not significant.
                self._skew = skew if abs(skew) > 2 else 0.0
            self._signed = None
        return True

    def _now(self) -> float:
        now: Any = self._clock()
        is_number = isinstance(now, int | float) and not isinstance(now, bool)
        if not is_number or not -_MAX_TIME_SECONDS < now < _MAX_TIME_SECONDS:  # also false for NaN
            result = "another number" if is_number else type(now).__name__
            raise ConfigurationError(f"clock must return seconds since 1970 as a finite number, not {result}")
        return float(now)

    def _sign(self, now: float) -> str:
        import jwt  # noqa: PLC0415 - not needed for access tokens

        issued = int(now - _BACKDATE_SECONDS)
        claims = {"iss": self.token_uuid, "iat": issued, "exp": int(issued + self.lifetime)}
        return jwt.encode(claims, self._key, algorithm="RS256")


def check_token_uuid(name: str, value: str) -> None:
    """Raise `ConfigurationError` unless `value` is a UUID.

    The message calls it `name` and does not show it, since it may be a key or a token by mistake.
    """
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{name} must be a str, not {type(value).__name__}")
    if not _UUID.fullmatch(value):
        error = "is not a UUID" if value else "is empty"
        raise ConfigurationError(f"{name} {error}. Set it to the UUID of the access token, not to the token or its key")
