"""A mock of the Buildkite REST API: stateful, deterministic, faithful to the documentation.

```python
with MockServer(seed=1) as server:
    httpx.get(f"{server.url}/v2/user", headers={"Authorization": f"Bearer {server.token}"})
```

Needs the extra `mock`. Also runs standalone: `python -m buildkite_rest.mock`.

Where things are:

- `resources/`: one module per family of resources, with their state, rules, JSON and routes (scopes included).
  `resource.py` makes them from a declaration. Example: the redirect of an artifact download is in `artifacts.py`.
- `http/`: routing, validation, authentication and scopes, pagination, rate limits, CORS, planned faults and responses,
  records of requests, GraphQL.
- `server/`: ASGI applications, sockets, the storage origin, the methods of `MockServer`, which `/_mock/` calls.
- `backend.py`: the state of one server, which holds all resources. `seeding.py` fills it from the files
  in `seed/`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .backend import Backend
    from .clock import Clock, clock_from
    from .http.received_requests import ReceivedRequest
    from .resources.access_tokens import (
        ALL_SCOPES_TOKEN,
        EXPIRED_TOKEN,
        GLOBEX_TOKEN,
        JWT_TOKEN_UUID,
        LIMITED_TOKENS,
        NO_SCOPES_TOKEN,
        READ_ONLY_TOKEN,
        REVOCABLE_TOKEN,
    )
    from .seeding import seeded_backend
    from .server.app import create_app
    from .server.control import MockResponse
    from .server.mock_server import MockServer
    from .server.storage import create_storage_app

EXTRA: Final = frozenset({"anyio", "cronsim", "jsonschema_rs", "python_multipart", "starlette", "uvicorn", "yaml"})
# Imported on first use: without the extra, `python -m buildkite_rest.mock` must still print which extra is missing.
_MODULES: Final = (
    "backend", "clock", "http.received_requests", "resources", "resources.access_tokens", "seeding", "server.app",
    "server.control", "server.mock_server", "server.storage",
)  # fmt: skip

__all__ = [
    "ALL_SCOPES_TOKEN",
    "EXPIRED_TOKEN",
    "GLOBEX_TOKEN",
    "JWT_TOKEN_UUID",
    "LIMITED_TOKENS",
    "NO_SCOPES_TOKEN",
    "READ_ONLY_TOKEN",
    "REVOCABLE_TOKEN",
    "Backend",
    "Clock",
    "MockResponse",
    "MockServer",
    "ReceivedRequest",
    "clock_from",
    "create_app",
    "create_storage_app",
    "seeded_backend",
]

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            modules = [import_module(f".{module}", __name__) for module in _MODULES]
        except ModuleNotFoundError as error:
            if error.name not in EXTRA:
                raise
            message = f"{error.name} is not installed; it comes with buildkite-rest[mock]"
            raise ModuleNotFoundError(message, name=error.name, path=error.path) from error
        return next(getattr(module, name) for module in modules if hasattr(module, name))
