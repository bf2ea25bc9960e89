"""A mock of the Buildkite REST API: stateful, the same on every run, faithful to what is documented.

```python
with MockServer(seed=1) as server:
    httpx.get(f"{server.url}/v2/user", headers={"Authorization": f"Bearer {server.token}"})
```

Needs the extra `mock`. Also runs by itself: `python -m buildkite_rest.mock`.
"""

from __future__ import annotations

from .app import create_app
from .clock import Clock, ManualClock
from .resources import TAGS
from .seed import seeded_world
from .seed.accounts import (
    ALL_SCOPES_TOKEN,
    EXPIRED_TOKEN,
    GLOBEX_TOKEN,
    JWT_TOKEN_UUID,
    NO_SCOPES_TOKEN,
    READ_ONLY_TOKEN,
)
from .server import MockServer
from .storage import create_storage_app
from .world.world import World

__all__ = [
    "ALL_SCOPES_TOKEN",
    "EXPIRED_TOKEN",
    "GLOBEX_TOKEN",
    "JWT_TOKEN_UUID",
    "NO_SCOPES_TOKEN",
    "READ_ONLY_TOKEN",
    "TAGS",
    "Clock",
    "ManualClock",
    "MockServer",
    "World",
    "create_app",
    "create_storage_app",
    "seeded_world",
]
