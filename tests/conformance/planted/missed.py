"""Planted bugs that the runner did not find when the sets were last run, by set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MISSED: Final[Mapping[str, frozenset[str]]] = {
    "first_set": frozenset({"keys_without_digits"}),
    "second_set": frozenset({"agent_images_ordered_by_creation"}),
    "third_set": frozenset(),
    "fourth_set": frozenset(),
    "fifth_set": frozenset({"short_default_page"}),
    "sixth_set": frozenset({"prepended_body_b", "used_is_remaining_a"}),
    "seventh_set": frozenset({"one_maintainer_per_team_a"}),
    "eighth_set": frozenset({"expired_invitation_revoked"}),
    "ninth_set": frozenset(),
    "tenth_set": frozenset(),
    "eleventh_set": frozenset(),
    "twelfth_set": frozenset(
        {
            "first_url_of_host",
            # They need two resources.
            "team_stays_maintainer",
            "writing_implies_reading",
        }
    ),
    "thirteenth_set": frozenset({"policy_is_added"}),
    "fourteenth_set": frozenset(
        {
            "disconnected_agent_with_lost_at",
            "first_url_of_host",
            "tests_outside_window",
        }
    ),
    "fifteenth_set": frozenset({"connections_for_members"}),
    "sixteenth_set": frozenset(
        {
            "members_list_connections",
            "only_active_strategy_is_supported",
            "pages_rounded_down",
            "priority_does_not_sort",
        }
    ),
}
