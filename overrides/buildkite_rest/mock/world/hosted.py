"""What a cluster has because of hosted agents: images that they run in, disks that they keep, addresses they have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from .accounts import Organization

#: A line of a Dockerfile with which its build fails.
_FAILING_LINE = re.compile(r"RUN\s+(?:false|exit\s+[1-9]\d{0,2})", re.ASCII | re.IGNORECASE)
_FROM_LINE = re.compile(r"FROM(\s.*)?", re.IGNORECASE)


@attrs.define(kw_only=True, eq=False)
class AgentImage:
    """A container image for hosted agents. It is built until `built_at`."""

    id: str
    name: str
    dockerfile: str
    built_at: float
    registry: str
    version: int = 1

    @property
    def ref(self) -> str:
        """The address that the image has once it is built."""
        return f"{self.registry}/{self.id}:v{self.version}"

    @property
    def error(self) -> str | None:
        """Why the build fails, if it does."""
        failing = (line.strip() for line in self.dockerfile.splitlines())
        line = next((line for line in failing if _FAILING_LINE.fullmatch(line)), None)
        return None if line is None else f"The step failed: {line}"

    def status(self, now: float) -> Literal["BUILDING", "READY", "FAILED"]:
        """Tell how far the build is."""
        if now < self.built_at:
            return "BUILDING"
        return "READY" if self.error is None else "FAILED"


def has_from(dockerfile: str) -> bool:
    """Tell whether a Dockerfile names a base image."""
    return any(_FROM_LINE.fullmatch(line.strip()) for line in dockerfile.splitlines())


def image_registry(organization: Organization) -> str:
    """Return where the images of an organization are kept."""
    return f"registry.{organization.slug}.example/{organization.slug}/buildkite"


@attrs.frozen(kw_only=True, eq=False)
class CacheVolume:
    """A disk on which hosted agents keep files from one job to the next."""

    id: str
    tag: str
    size_mb: int
    created_at: float
    attached_at: float | None = None
    detached_at: float | None = None


@attrs.frozen
class NetworkRange:
    """Addresses from which hosted agents reach the outside."""

    cidr_range: str
    kind: str = "NAMESPACE_MANAGED"
