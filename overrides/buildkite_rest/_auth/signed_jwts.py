"""Credentials that are JSON Web Tokens, signed with a private key."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from attrs import define, field

from .._base.arguments import check_callback, check_function, check_number
from .._base.dates import http_date
from .._base.errors import ConfigurationError
from .._base.fork_safety import ForkSafeLock
from .private_keys import PrivateKey, load_private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

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
        TypeError: `lifetime` is not a number, or `clock` is not a plain function.

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
        check_function("clock", self._clock)
        check_callback("clock", self._clock)
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
