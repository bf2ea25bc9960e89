"""The API as an ASGI application."""

from __future__ import annotations

from typing import Unpack

from starlette.applications import Starlette

from ..backend import Backend
from ..http.origins import StorageUrl
from ..http.planned import Drop
from .request_handling import Api
from .session import Options, Session


def create_app(
    backend: Backend | None = None,
    *,
    storage_url: str | StorageUrl = "http://storage.localhost",
    drop: Drop | None = None,
    **options: Unpack[Options],
) -> Starlette:
    """Return the mock of the API as an ASGI application.

    It serves `backend`, or else a new one. `drop` closes connections, for faults that do.

    Raises:
        TypeError: There is no such option.
        ValueError: An option is out of range.
    """
    return application(Api(session=Session.start(options, backend), storage=storage_url, drop=drop))


def application(api: Api) -> Starlette:
    """Return an application that serves the API."""
    app = Starlette()
    # Not a mount: its pattern does not match paths with a line break.
    app.router.default = api
    return app
