"""What the API and the control of one mock server share."""

from __future__ import annotations

import random
from collections import deque
from typing import Annotated, Any, Final, Self, TypedDict, get_type_hints

import attrs
from msgspec import Meta

from ..._base.fork_safety import ForkSafeLock
from ..arguments import Builds, Count, Duration, check
from ..backend import Backend
from ..clock import AdvanceableClock, Clock, iso
from ..http.call import Reply
from ..http.planned import RANDOM_KINDS, FaultKind, Plan, use
from ..http.rate_limits import RateLimit
from ..http.received_requests import MOST_REQUESTS, ReceivedRequest
from ..ids import seeded_random
from ..resources.access_tokens import JWT_TOKEN_UUID
from ..seeding import seeded_backend


class Options(TypedDict, total=False):
    """Arguments of `MockServer` and `create_app`, which set the state at the start."""

    #: Seed of the data, by default 0.
    seed: int
    #: Approximate number of builds, by default 300.
    builds: Builds
    #: Clock, by default that of the system.
    clock: Clock
    #: Seconds that a build takes which is created, by default 2.
    build_seconds: Duration
    #: Requests per minute of an organization. Buildkite's limit is 200; by default there is none.
    rate_limit: Count | None
    #: Requests per minute of a user. Buildkite's limit is 50; by default there is none.
    user_rate_limit: Count | None
    #: Seconds before each response.
    latency: Annotated[float, Meta(ge=0, le=3600)]
    #: Share of the requests that fail with 5xx, the same ones for a seed.
    fault_rate: Annotated[float, Meta(ge=0, le=1)]
    #: RSA public key of 2048 to 4096 bits as PEM text, which verifies requests in the name of `JWT_TOKEN_UUID`.
    public_key: str | None


#: Arguments of `seeded_backend`.
_OF_BACKEND: Final = frozenset({"seed", "builds", "clock", "build_seconds"})


def _check(options: Options) -> None:
    """Raise `TypeError` for an unknown option, `ValueError` for an invalid one."""
    expected = get_type_hints(Options, include_extras=True)
    for name, value in options.items():
        if name not in expected:
            raise TypeError(f"{name} is not an argument; use one of {', '.join(expected)}")
        if name != "clock":
            check(name, value, expected[name])


@attrs.define(kw_only=True)
class Session:
    """State of one mock server."""

    backend: Backend
    clock: AdvanceableClock
    _options: Options = attrs.field(alias="options")
    organization_limit: RateLimit = attrs.field(init=False)
    user_limit: RateLimit = attrs.field(init=False)
    faults: list[Plan[FaultKind]] = attrs.field(init=False)
    responses: list[Plan[Reply]] = attrs.field(init=False)
    received: deque[ReceivedRequest] = attrs.field(init=False)
    _random: random.Random = attrs.field(init=False)
    #: Held while a request is handled, or a method of the mock server changes the state.
    lock: ForkSafeLock = attrs.field(factory=ForkSafeLock, init=False)

    @classmethod
    def start(cls, options: Options, backend: Backend | None = None) -> Self:
        """Return the initial state, with `backend` or a new one."""
        _check(options)
        if backend is None:
            initial: dict[str, Any] = {name: value for name, value in options.items() if name in _OF_BACKEND}
            backend = seeded_backend(**initial)
        if not isinstance(backend.clock, AdvanceableClock):
            backend.clock = AdvanceableClock(backend.clock)
        return cls(backend=backend, clock=backend.clock, options=options)

    def __attrs_post_init__(self) -> None:
        options, seed = self._options, self.backend.seed
        if (key := options.get("public_key")) is not None:
            self.backend.register_public_key(JWT_TOKEN_UUID, key)
        self.set_limits(options.get("rate_limit"), options.get("user_rate_limit"))
        self.faults, self.responses, self.received = [], [], deque(maxlen=MOST_REQUESTS)
        self._random = seeded_random("faults", seed)

    @property
    def latency(self) -> float:
        """Seconds before each response."""
        return self._options.get("latency", 0.0)

    def reset(self) -> None:
        """Restore the initial state."""
        self.clock.reset()
        old = self.backend
        old.replace_with(
            seeded_backend(
                old.seed, builds=old.seeded_builds, clock=self.clock, build_seconds=old.build_seconds, epoch=old.epoch
            )
        )
        self.__attrs_post_init__()

    def set_limits(self, rate_limit: int | None, user_rate_limit: int | None) -> None:
        """Set both limits, with None for no limit, and restart their windows."""
        self.organization_limit = RateLimit("rest", rate_limit, self.clock)
        self.user_limit = RateLimit("rest_user", user_rate_limit, self.clock)

    def next_fault(self, method: str, path: str) -> FaultKind | None:
        """Return the fault for a request, planned or random, or None."""
        plan, rate = use(self.faults, method, path), self._options.get("fault_rate", 0.0)
        if plan is not None:
            return plan.result
        if rate <= 0 or method == "OPTIONS":
            return None
        return self._random.choice(RANDOM_KINDS) if self._random.random() < rate else None

    def summary(self) -> dict[str, object]:
        """Return the current state as JSON."""
        return {
            "seed": self.backend.seed,
            "builds": len(self.backend.builds),
            "clock": iso(self.backend.clock()),
            "rate_limit": self.organization_limit.maximum,
            "user_rate_limit": self.user_limit.maximum,
            "faults": [{**plan.summary(), "kind": plan.result} for plan in self.faults],
            "responses": [{**plan.summary(), "status": plan.result.status} for plan in self.responses],
            "requests": len(self.received),
        }
