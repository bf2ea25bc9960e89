"""Exceptions of the HTTP library that are not its own request errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType

    from .library import Library, Response

_PACKAGES: Final = frozenset(
    {
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "h11",
        "h2",
        "hpack",
        "hyperframe",
        "anyio",
        "sniffio",
        "socksio",
        "idna",
    }
)
"""The HTTP libraries and what they are built on."""
_TRANSPORT: Final = frozenset(
    {"_send_single_request", "handle_request", "handle_async_request", "iter_raw", "aiter_raw"}
)
"""Functions below which the library calls the transport of a client, or the body of its response.

The first one is private to the library. It is the only one of them if a tool for tracing has replaced the method of the
transport by a function of its own, which is not an event hook.
"""
_LIBRARIES: Final = frozenset({"httpx", "httpx2"})
_CALLS_HOOKS: Final = "_send_handling_redirects"
"""Function of the library, private to it, that calls the event hooks."""
_HOOK_NOTE: Final = (
    "An event hook of http_client failed. A hook has one parameter. Hooks of an AsyncClient are coroutine functions."
)
_PROXY_MODULES: Final = (".http_proxy", ".socks_proxy")
"""Modules of httpcore with the connections through a proxy."""
_CONNECTS: Final = "connect_tcp"
"""Function of httpcore that connects to a host. Later failures of a connection are not below it."""
_REDIRECT: Final = "_build_redirect_request"
"""The function of the library that parses the URL of a redirect, even of one that is not followed. It is private."""


class translate_errors:  # noqa: N801 - a context manager, and cheaper than a generator on the path of every call
    """Turn every exception that is raised inside the HTTP library into one of its request errors.

    It lets some escape: those of h11, h2, httpcore and anyio, and errors of name resolution or a closed event loop.
    What the caller's code raises leaves the block unchanged: event hooks, transports and functions that return a token
    run inside it too. An `HTTPStatusError` is the caller's, since only `raise_for_status` raises it. A `MemoryError`
    leaves it unchanged too, and so does every exception of an event hook.
    """

    __slots__ = ("_library",)

    def __init__(self, library: Library) -> None:
        self._library = library

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, (*self._library.passthrough_errors, MemoryError)):
            return
        if not _is_of_library(error):
            return
        if not is_of_hook(error):
            raise self._library.unexpected_error(_reason(error)) from error
        if isinstance(error, TypeError) and _HOOK_NOTE not in getattr(error, "__notes__", ()):
            error.add_note(_HOOK_NOTE)


def is_of_hook(error: Exception, request: object = None) -> bool:
    """Whether `error` was raised in an event hook, which may send requests with the HTTP library itself.

    The client of the library calls hooks itself, and everything else of the caller's through a transport. A hook that
    reads the body of the response to `request` raises the failure of that request.
    """
    if request is not None and _request_of(error) is request:
        return False
    before, traceback = "", error.__traceback__
    while traceback is not None:
        code, name = traceback.tb_frame.f_code, _package(_module(traceback))
        if code.co_name in _TRANSPORT:
            return False
        if before in _PACKAGES and _is_callers(name):
            return True
        before, traceback = name, traceback.tb_next
        if code.co_name == _CALLS_HOOKS and name in _LIBRARIES and not _is_in_library(traceback):
            return True  # It cannot be called, cannot be awaited, or is a function in C or of the standard library.
    return False


def _is_in_library(traceback: TracebackType | None) -> bool:
    return traceback is not None and _package(_module(traceback)) in _PACKAGES


def invalid_redirect(error: Exception) -> Response | None:
    """Return the response whose redirect to an invalid URL has raised `error`, or None. Its body has not been read.

    httpx2 only raises some of these errors.
    """
    for each in (error, error.__cause__):
        traceback = None if each is None else each.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_name == _REDIRECT:
                response: Response | None = traceback.tb_frame.f_locals.get("response")
                return response
            traceback = traceback.tb_next
    return None


def is_from_proxy_connection(error: Exception) -> bool:
    """Whether the failed connection was that to a proxy. The error of the library does not distinguish it."""
    cause = error.__cause__
    traceback = None if cause is None else cause.__traceback__
    is_through_proxy = False
    while traceback is not None:
        is_through_proxy = is_through_proxy or _module(traceback).endswith(_PROXY_MODULES)
        if is_through_proxy and traceback.tb_frame.f_code.co_name == _CONNECTS:
            return True
        traceback = traceback.tb_next
    return False


def _is_of_library(error: Exception) -> bool:
    """Whether the class of `error` or the code that raised it belongs to the HTTP library.

    The standard library raises on behalf of its caller, except for `unittest.mock`, which does for a test.
    """
    if _package(type(error).__module__) in _PACKAGES:
        return True
    names = [_package(name) for name in _modules(error.__traceback__)]
    caller = next((name for name in reversed(names) if name == "unittest" or name not in sys.stdlib_module_names), "")
    return caller in _PACKAGES


def _request_of(error: Any) -> object:
    """Return the request that the library has attached to its error, or None."""
    try:
        return error.request
    except (AttributeError, RuntimeError):
        return None


def _is_callers(package: str) -> bool:
    return package not in _PACKAGES and (package == "unittest" or package not in sys.stdlib_module_names)


def _modules(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield _module(traceback)
        traceback = traceback.tb_next


def _module(traceback: TracebackType) -> str:
    return str(traceback.tb_frame.f_globals.get("__name__", ""))


def _package(module: str) -> str:
    return module.partition(".")[0]


def _reason(error: Exception) -> str:
    """Return the class of the error, without its text, since that of an invalid header contains the value."""
    kind = type(error)
    return (
        f"unexpected {kind.__qualname__ if kind.__module__ == 'builtins' else f'{kind.__module__}.{kind.__qualname__}'}"
    )
