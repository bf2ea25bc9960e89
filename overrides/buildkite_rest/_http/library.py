"""The HTTP library: httpx, or httpx2, which has the same API. No other module imports them.

httpx2 is used only for a client of the caller's, and is not imported before the caller does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from .._base.arguments import check_timeout
from .._base.errors import ConfigurationError
from .._base.safe_text import safe_excerpt
from .._version import __version__
from .log_filters import add_log_filters

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

    Client: TypeAlias = httpx.Client
    AsyncClient: TypeAlias = httpx.AsyncClient
    Request: TypeAlias = httpx.Request
    Response: TypeAlias = httpx.Response
    Timeout: TypeAlias = httpx.Timeout

_NAMES: Final = ("httpx", "httpx2")
_MAX_CONNECT_SECONDS: Final = 10.0
_ENVIRONMENT: Final = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"}
)
"""Variables that the library reads when a client is created, proxies in upper or lower case."""
_TIMEOUTS: Final = (
    ("ConnectTimeout", "connect", "connect timed out"),
    ("ReadTimeout", "read", "read timed out"),
    ("WriteTimeout", "write", "write timed out"),
    ("PoolTimeout", "pool", "no connection became free"),
)
"""Each timeout exception of the library, its name in the settings of a request, and its description."""

DEFAULT_HEADERS: Final = {"User-Agent": f"buildkite-rest/{__version__}", "Accept-Encoding": "gzip"}
"""Headers that the default clients send by themselves. The library merges headers of a request slowly."""


class HTTPClient(Protocol):
    """An `httpx.Client` or an `httpx2.Client`."""

    def send(self, *args: Any, **options: Any) -> Any:
        """Sends a request."""

    def close(self) -> None:
        """Closes all connections."""


class AsyncHTTPClient(Protocol):
    """An `httpx.AsyncClient` or an `httpx2.AsyncClient`."""

    async def send(self, *args: Any, **options: Any) -> Any:
        """Sends a request."""

    async def aclose(self) -> None:
        """Closes all connections."""


class HTTPTimeout(Protocol):
    """An `httpx.Timeout` or an `httpx2.Timeout`: seconds, or None for no limit."""

    connect: float | None
    """Limit of a connect."""

    read: float | None
    """Limit of the wait for a chunk of a response."""

    write: float | None
    """Limit of the wait for a write."""

    pool: float | None
    """Limit of the wait for a free connection."""


class Library:
    """The parts of a library that the transport uses besides its clients."""

    def __init__(self, module: Any, *, is_own: bool) -> None:
        self.module = module
        self.is_own = is_own
        """Whether its client is the default one, with no event hooks and no transports of the caller's."""
        self.request_error: type[Exception] = module.RequestError
        """Base class of the exceptions for an incomplete response."""
        self.unexpected_error: type[Exception] = type("UnexpectedError", (module.TransportError,), {})
        """The failure for another exception that leaves the library."""
        self.url_type: type[Any] = module.URL
        self.invalid_url: type[Exception] = module.InvalidURL
        self.not_sent: tuple[type[Exception], ...] = (
            module.ConnectError,
            module.ConnectTimeout,
            module.PoolTimeout,
            module.ProxyError,  # The proxy has not connected to the server.
            module.UnsupportedProtocol,
        )
        """Failures of requests that the server has not received."""
        add_log_filters(module.__name__)

    def timeout_reason(self, error: Exception) -> str:
        """Return which timeout was exceeded, or an empty text."""
        for kind, name, reason in _TIMEOUTS:
            if isinstance(error, getattr(self.module, kind)):
                seconds = _timeouts(error).get(name)
                return f"{reason} after {_seconds(seconds)} s" if isinstance(seconds, int | float) else reason
        return ""

    def timeout(self, given: float | HTTPTimeout) -> Timeout:
        """Return the timeout of a read, a write and a free connection; that of a connect is at most 10 s.

        A timeout of either library is returned as one of this library, unchanged.
        """
        timeout: Timeout
        if isinstance(given, int | float):
            timeout = self.module.Timeout(given, connect=min(given, _MAX_CONNECT_SECONDS))
        else:
            timeout = self.module.Timeout(**{part: getattr(given, part) for _, part, _ in _TIMEOUTS})
        return timeout

    def limit_timeout(self, timeout: Timeout, seconds: float) -> Timeout:
        """Return `timeout` with each part limited to `seconds`."""
        limited = {}
        for _, part, _ in _TIMEOUTS:
            given = getattr(timeout, part)
            limited[part] = seconds if given is None else min(given, seconds)
        shortened: Timeout = self.module.Timeout(**limited)
        return shortened


def _seconds(seconds: float) -> str:
    """Return a timeout for a message: at most two decimals, unless that would be 0."""
    return f"{round(seconds, 2) or float(f'{seconds:.1g}'):g}"


def _timeouts(error: Any) -> Mapping[str, float | None]:
    try:
        request = error.request
    except RuntimeError:  # It has none.
        return {}
    timeouts: Mapping[str, float | None] = request.extensions.get("timeout", {})
    return timeouts


@cache
def _library(name: str, *, is_own: bool = True) -> Library:
    return Library(import_module(name), is_own=is_own)


def default_client(
    timeout: float | HTTPTimeout, *, trust_env: bool = True, context: SSLContext | None = None
) -> Client:
    """Return a client of httpx with our timeouts. Without `trust_env` it ignores proxies of the environment.

    `context` replaces the certificates of the environment or of the library.

    Raises:
        ConfigurationError: The environment names a proxy or certificates that cannot be used.
    """
    client: Client = _create_client("Client", timeout, trust_env, context)
    return client


def default_async_client(
    timeout: float | HTTPTimeout, *, trust_env: bool = True, context: SSLContext | None = None
) -> AsyncClient:
    """Return an asynchronous client of httpx. See `default_client`."""
    client: AsyncClient = _create_client("AsyncClient", timeout, trust_env, context)
    return client


def _create_client(kind: str, timeout: float | HTTPTimeout, trust_env: bool, context: SSLContext | None = None) -> Any:
    """Create a client. Errors of the library are not shown, because they may contain the password of a proxy."""
    library = _library("httpx")
    certificates = {} if context is None else {"verify": context}
    try:
        return getattr(library.module, kind)(
            headers=DEFAULT_HEADERS, timeout=library.timeout(timeout), trust_env=trust_env, **certificates
        )
    except Exception as error:
        reason = safe_excerpt((isinstance(error, OSError) and error.strerror) or type(error).__name__)
    variables = [f"${name}" for name, value in os.environ.items() if value and name.upper() in _ENVIRONMENT]
    advice = f". Check {' and '.join(variables)}." if variables else ""
    raise ConfigurationError(f"the HTTP client cannot be created: {reason}{advice}")


def check_library_timeout(timeout: object) -> bool:
    """Return whether `timeout` is a timeout of either library.

    Raises:
        TypeError: A part of it is not a number.
        ValueError: A part of it is not greater than 0, or longer than a day.
    """
    if not any(name in sys.modules and isinstance(timeout, sys.modules[name].Timeout) for name in _NAMES):
        return False
    for _, part, _ in _TIMEOUTS:
        if (seconds := getattr(timeout, part)) is not None:
            check_timeout(f"{part} of timeout", seconds)
    return True


def library_of(client: object, kind: str, *, is_own: bool) -> Library:
    """Return the library that `client` comes from, which is the default one if `is_own`.

    Raises:
        ConfigurationError: It is not a `kind`, `Client` or `AsyncClient`, of either library.
    """
    for name in _NAMES:
        if name in sys.modules and isinstance(client, getattr(sys.modules[name], kind)):
            return _library(name, is_own=is_own)
    raise ConfigurationError(f"http_client must be an httpx.{kind} or an httpx2.{kind}, not {type(client).__name__}")
