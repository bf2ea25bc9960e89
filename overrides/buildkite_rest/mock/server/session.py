"""What the API and the control of one mock server share."""

from __future__ import annotations

from typing import Self

import attrs
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import UNSET, UnsetType

from ..arguments import Count, Latency, Share, check
from ..backend import Backend
from ..clock import AdvanceableClock, iso
from ..http.planned import Faults, PlannedResponses
from ..http.rate_limits import RateLimit
from ..http.received_requests import ReceivedRequests
from ..seeding import seeded_backend


@attrs.define(kw_only=True)
class Session:
    """State of one mock server."""

    backend: Backend
    clock: AdvanceableClock
    organization_limit: RateLimit
    user_limit: RateLimit
    faults: Faults
    responses: PlannedResponses = attrs.field(factory=PlannedResponses, init=False)
    received: ReceivedRequests = attrs.field(factory=ReceivedRequests, init=False)
    #: Keys that a reset restores, by the id of their token.
    _public_keys: dict[str, RSAPublicKey | None] = attrs.field(factory=dict[str, "RSAPublicKey | None"], init=False)

    @classmethod
    def start(
        cls,
        backend: Backend,
        *,
        rate_limit: int | None,
        user_rate_limit: int | None,
        latency: float,
        fault_rate: float,
    ) -> Self:
        """Return the initial state.

        Raises:
            ValueError: A limit or a fault is not one that a request to `/_mock/` could set.
        """
        check("rate_limit", rate_limit, Count | None)
        check("user_rate_limit", user_rate_limit, Count | None)
        check("latency", latency, Latency)
        check("fault_rate", fault_rate, Share)
        clock = backend.clock if isinstance(backend.clock, AdvanceableClock) else AdvanceableClock(backend.clock)
        backend.clock = clock
        session = cls(
            backend=backend,
            clock=clock,
            organization_limit=RateLimit("rest", rate_limit, clock),
            user_limit=RateLimit("rest_user", user_rate_limit, clock),
            faults=Faults(latency, fault_rate, backend.seed),
        )
        session.keep_public_keys()
        return session

    def keep_public_keys(self) -> None:
        """Let a reset restore the keys that are registered now."""
        self._public_keys = {uuid: token.public_key for uuid, token in self.backend.tokens.items()}

    def reset(self) -> None:
        """Restore the initial state."""
        self.clock.reset()
        backend = self.backend
        fresh = seeded_backend(
            backend.seed,
            builds=backend.seeded_builds,
            clock=self.clock,
            build_seconds=backend.build_seconds,
            epoch=backend.epoch,
        )
        for uuid, key in self._public_keys.items():
            fresh.tokens[uuid].public_key = key
        backend.replace_with(fresh)
        self.organization_limit.reset()
        self.user_limit.reset()
        self.faults.reset()
        self.responses.active.clear()
        self.received.clear()

    def set_limits(self, rate_limit: int | UnsetType | None, user_rate_limit: int | UnsetType | None) -> None:
        """Set limits, with None for no limit, and restart their windows."""
        check("rate_limit", None if rate_limit is UNSET else rate_limit, Count | None)
        check("user_rate_limit", None if user_rate_limit is UNSET else user_rate_limit, Count | None)
        if rate_limit is not UNSET:
            self.organization_limit.change(rate_limit)
        if user_rate_limit is not UNSET:
            self.user_limit.change(user_rate_limit)

    def summary(self) -> dict[str, object]:
        """Return the current state as JSON."""
        return {
            "seed": self.backend.seed,
            "builds": len(self.backend.builds),
            "clock": iso(self.backend.clock()),
            "rate_limit": self.organization_limit.maximum,
            "user_rate_limit": self.user_limit.maximum,
            "latency": self.faults.latency,
            "fault_rate": self.faults.rate,
            "next": list(self.faults.planned),
            "responses": [active.summary() for active in self.responses.active],
            "requests": self.received.total,
        }
