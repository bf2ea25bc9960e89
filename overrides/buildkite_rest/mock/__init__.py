"""A mock of the Buildkite REST API: stateful, deterministic, faithful to the documentation.

```python
with MockServer(seed=1) as server:
    httpx.get(f"{server.url}/v2/user", headers={"Authorization": f"Bearer {server.token}"})
```

Needs the extra `mock`. Also runs by itself: `python -m buildkite_rest.mock`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .backend import Backend
    from .clock import Clock, ManualClock
    from .resources import TAGS
    from .resources.access_tokens import (
        ALL_SCOPES_TOKEN,
        EXPIRED_TOKEN,
        GLOBEX_TOKEN,
        JWT_TOKEN_UUID,
        NO_SCOPES_TOKEN,
        READ_ONLY_TOKEN,
    )
    from .seed import seeded_backend
    from .server.app import create_app
    from .server.mock_server import MockServer
    from .server.storage import create_storage_app

# Imported on first use: without the extra, `python -m buildkite_rest.mock` must still print which extra is missing.
_MODULES: Final = {
    "ALL_SCOPES_TOKEN": ".resources.access_tokens",
    "EXPIRED_TOKEN": ".resources.access_tokens",
    "GLOBEX_TOKEN": ".resources.access_tokens",
    "JWT_TOKEN_UUID": ".resources.access_tokens",
    "NO_SCOPES_TOKEN": ".resources.access_tokens",
    "READ_ONLY_TOKEN": ".resources.access_tokens",
    "TAGS": ".resources",
    "Clock": ".clock",
    "ManualClock": ".clock",
    "MockServer": ".server.mock_server",
    "Backend": ".backend",
    "create_app": ".server.app",
    "create_storage_app": ".server.storage",
    "seeded_backend": ".seed",
}

__all__ = [
    "ALL_SCOPES_TOKEN",
    "EXPIRED_TOKEN",
    "GLOBEX_TOKEN",
    "JWT_TOKEN_UUID",
    "NO_SCOPES_TOKEN",
    "READ_ONLY_TOKEN",
    "TAGS",
    "Backend",
    "Clock",
    "ManualClock",
    "MockServer",
    "create_app",
    "create_storage_app",
    "seeded_backend",
]

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value
