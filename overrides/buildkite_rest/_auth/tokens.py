"""Credentials for the `Authorization` header: access tokens and signed JWTs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from attrs import define, field

from .._base.arguments import check_callback, check_function, check_number
from .._base.dates import http_date
from .._base.errors import ConfigurationError
from .._base.forks import ForkSafeLock
from .._base.safe_text import hide_credential
from .private_keys import PrivateKey, load_private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# The API accepts a JWT within 10 seconds of its `iat`. With one second for a slow clock and one for truncation, a JWT
# appears at most 4 seconds old when it is sent, which leaves 6 for its transmission.
_REUSE_SECONDS: Final = 2.0
_BACKDATE_SECONDS: Final = 1.0
_LIFETIMES: Final = (10, 300)
_LATEST: Final = 1e12
"""Upper limit of plausible clocks, in seconds since 1970."""
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class Auth(Protocol):
    """Credentials that can be renewed. Any object with these two methods can be passed as `auth`.

    If it also has `short_lived = True`, `authorization` is called again right before a request is sent, which may have
    waited for a free connection.
    """

    def authorization(self) -> str:
        """Return the value of the `Authorization` header for a request that is sent now."""
        ...

    def renew(self, date: str | None) -> bool:
        """Renew the credentials after a 401 with this `Date` header. Return whether a retry may succeed."""
        ...


def authorization_of(auth: Auth) -> str:
    """Return the value of the `Authorization` header, which is masked in messages from then on.

    Raises:
        ConfigurationError: It is not a valid value. The error of the HTTP library would show it.
    """
    value = auth.authorization()
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - the class may be the caller's
        kind = type(auth).__name__
        raise ConfigurationError(f"authorization() of {kind} must return a str, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError("the credentials have a line break or another character that is not valid in a header")
    if not value or value[0] == " " or value[-1] == " ":
        raise ConfigurationError("the credentials are empty, or start or end with a space")
    hide_credential(value)
    return value


@define
class TokenAuth:
    """An API access token.

    Args:
        token: The token, or a function that returns it and is called for each request, for tokens that rotate.

    Raises:
        ConfigurationError: The token is not valid.
        TypeError: `token` is neither a str nor a plain function.
    """

    _token: str | Callable[[], str] = field(alias="token", repr=lambda _: "***")  # pyright does not infer the alias

    def __attrs_post_init__(self) -> None:
        if isinstance(self._token, str):
            _check_token(self._token)
        else:
            check_callback("token", self._token)

    def authorization(self) -> str:
        """Return `Bearer` and the token. Raises `ConfigurationError` if a function returned an invalid one."""
        token = self._token
        return f"Bearer {token if isinstance(token, str) else _check_token(token())}"

    def renew(self, date: str | None) -> bool:
        """Return whether a function may return another token."""
        return not isinstance(self._token, str)


def _check_token(token: str) -> str:
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"the token must be a str, not {type(token).__name__}")
    if not token or not token.strip():
        raise ConfigurationError("the token is empty. Pass the token of an API access token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("the token has a space, a line break or a character that no token has")
    return token


@define
class JWTAuth:
    """Short-lived JSON Web Tokens (RS256), signed with a private key whose public key is registered.

    A JWT is used for two seconds and then replaced. After a 401 it is replaced at once, and a wrong local clock is
    corrected by the `Date` header of that response. One object may be shared by threads and tasks.

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
        shortest, longest = _LIFETIMES
        if not shortest <= self.lifetime <= longest:
            limits = f"from {shortest} to {longest} seconds, the longest that the API accepts"
            raise ConfigurationError(f"lifetime must be {limits}")
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
            if server_time is not None:
                skew = server_time - self._now()
                # The header has whole seconds, so a small difference is not significant.
                self._skew = skew if abs(skew) > 2 else 0.0
            self._signed = None
        return True

    def _now(self) -> float:
        now: Any = self._clock()
        is_number = isinstance(now, int | float) and not isinstance(now, bool)
        if not is_number or not -_LATEST < now < _LATEST:  # also false for NaN
            result = "another number" if is_number else type(now).__name__
            raise ConfigurationError(f"clock must return seconds since 1970 as a finite number, not {result}")
        return float(now)

    def _sign(self, now: float) -> str:
        import jwt  # noqa: PLC0415 - not needed for access tokens

        issued = int(now - _BACKDATE_SECONDS)
        claims = {"iss": self.token_uuid, "iat": issued, "exp": int(issued + self.lifetime)}
        return jwt.encode(claims, self._key, algorithm="RS256")


def check_token_uuid(name: str, value: str) -> None:
    """Check that a token UUID is a UUID. It would be sent, and may be a key or a token by mistake, so it is not shown.

    Raises:
        ConfigurationError: `value`, which the message calls `name`, is not a UUID.
    """
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{name} must be a str, not {type(value).__name__}")
    if not _UUID.fullmatch(value):
        error = "is not a UUID" if value else "is empty"
        raise ConfigurationError(f"{name} {error}. Set it to the UUID of the access token, not to the token or its key")
