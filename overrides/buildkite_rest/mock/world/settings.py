"""What an organization has set for its use of the API and for all of its pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User

#: Kinds of buckets that builds can be exported to.
EXPORT_STRATEGIES = ("s3", "gcs")


@attrs.define(kw_only=True, eq=False)
class ApiSettings:
    """Restrictions of the API. They are kept, not enforced: a test should not lock itself out."""

    allowed_ip_addresses: str | None = None
    revoke_inactive_tokens_after_days: int | None = None
    restrict_user_api_token_creation: bool = False


@attrs.define(kw_only=True, eq=False)
class Switch:
    """A setting that is on or off, and who turned it on."""

    enabled_at: float | None = None
    enabled_by: User | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is on."""
        return self.enabled_at is not None

    def turn_on(self, now: float, by: User) -> None:
        """Turn it on, unless it is on already."""
        if not self.enabled:
            self.enabled_at, self.enabled_by = now, by

    def turn_off(self) -> None:
        """Turn it off, and forget who turned it on."""
        self.enabled_at = self.enabled_by = None


@attrs.define(kw_only=True, eq=False)
class BuildExport:
    """The bucket that builds are exported to."""

    location: str
    strategy_id: str


@attrs.define(kw_only=True, eq=False)
class PipelineSettings:
    """Settings of all pipelines. Like restrictions of the API they are kept and change nothing else."""

    default_branch: str | None = "main"
    default_cluster_id: str | None = None
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    scheduled_job_expiry_in_minutes: int | None = None
    remote_access: Switch = attrs.field(factory=Switch)
    public_pipelines: Switch = attrs.field(factory=Switch)
    advanced_queue_metrics: Switch = attrs.field(factory=Switch)
    build_export: BuildExport | None = None
