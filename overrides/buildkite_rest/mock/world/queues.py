"""Queues of clusters, from which agents take jobs, and the machines of those that Buildkite hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User


@attrs.frozen(kw_only=True)
class InstanceShape:
    """Kind and size of hosted machines."""

    name: str
    machine_type: str
    architecture: str
    cpu: int
    memory: int

    def resizes_to(self, other: InstanceShape) -> bool:
        """Tell whether another shape differs in nothing but the size."""
        return (self.machine_type, self.architecture) == (other.machine_type, other.architecture)


_LINUX_SIZES = ((2, 4), (4, 16), (8, 32), (16, 64), (32, 128), (64, 256))
_MAC_SIZES = ((6, 28), (12, 56))
_ALL = (
    *(
        InstanceShape(
            name=f"LINUX_{arch.upper()}_{cpu}X{memory}", machine_type="linux", architecture=arch, cpu=cpu, memory=memory
        )
        for arch in ("amd64", "arm64")
        for cpu, memory in _LINUX_SIZES
    ),
    *(
        InstanceShape(
            name=f"MACOS_ARM64_M4_{cpu}X{memory}", machine_type="macos", architecture="arm64", cpu=cpu, memory=memory
        )
        for cpu, memory in _MAC_SIZES
    ),
)
#: The shapes that Buildkite documents, by name.
SHAPES = {shape.name: shape for shape in _ALL}


@attrs.define(kw_only=True, eq=False)
class Queue:
    """A queue of a cluster. One with a shape is hosted by Buildkite."""

    id: str
    cluster_id: str
    key: str
    created_at: float
    created_by: User | None = None
    description: str | None = None
    retry_agent_affinity: str = "prefer-warmest"
    self_hosted_arch: str = "amd64"
    shape: InstanceShape | None = None
    agent_image_ref: str | None = None
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    resumed_at: float | None = None
    deleted: bool = False

    @property
    def hosted(self) -> bool:
        """Whether its jobs run on machines of Buildkite."""
        return self.shape is not None

    @property
    def os(self) -> str:
        """The operating system of its agents."""
        return "darwin" if self.shape is not None and self.shape.machine_type == "macos" else "linux"

    @property
    def arch(self) -> str:
        """The processor architecture of its agents."""
        return self.self_hosted_arch if self.shape is None else self.shape.architecture

    @property
    def paused(self) -> bool:
        """Whether its agents get no jobs for now."""
        return self.paused_at is not None

    @property
    def dispatches(self) -> bool:
        """Whether its agents get jobs."""
        return not self.paused and not self.deleted

    def pause(self, now: float, by: User, note: str | None) -> None:
        """Send no further jobs to its agents."""
        self.paused_at, self.paused_by, self.paused_note = now, by, note

    def resume(self, now: float) -> None:
        """Send jobs to its agents again."""
        self.paused_at = self.paused_by = self.paused_note = None
        self.resumed_at = now
