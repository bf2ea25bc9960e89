"""Plans and settings. `globex` has a plan without all that is extra, and has set nothing."""

from __future__ import annotations

from ..world.settings import BuildExport
from ..world.world import World
from .accounts import DAY, EPOCH


def add_settings(world: World) -> None:
    """Set what the organizations have set."""
    world.organizations["globex"].enterprise = False
    acme = world.organizations["acme"]
    acme.api_settings.revoke_inactive_tokens_after_days = 180
    acme.api_settings.restrict_user_api_token_creation = True
    settings = acme.pipeline_settings
    settings.default_cluster_id = next(iter(acme.clusters))
    settings.default_timeout_in_minutes = 60
    settings.maximum_timeout_in_minutes = 240
    settings.remote_access.turn_on(EPOCH - 50 * DAY, acme.members[0])
    settings.build_export = BuildExport(location="acme-builds", strategy_id="s3")
