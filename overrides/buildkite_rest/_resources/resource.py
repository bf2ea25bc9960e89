"""Base classes of the handwritten resources.

The private methods of a resource are in its base classes, because editors list those after all public methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from _buildkite_rest.ports import AsyncPort, Port

    from .._http.options import Settings
    from .._http.transport import AsyncHTTPPort, HTTPPort


class Resource:
    """A resource whose methods use more of the transport than generated ones do."""

    _port: Port

    def __init__(self, port: HTTPPort) -> None:
        self._port = self._http = port

    def _with_settings(self, settings: Settings) -> Self:
        return self if settings is self._http.settings else type(self)(self._http.with_settings(settings))


class AsyncResource:
    """A resource whose methods use more of the transport than generated ones do."""

    _port: AsyncPort

    def __init__(self, port: AsyncHTTPPort) -> None:
        self._port = self._http = port

    def _with_settings(self, settings: Settings) -> Self:
        return self if settings is self._http.settings else type(self)(self._http.with_settings(settings))
