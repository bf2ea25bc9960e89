"""Planted bugs that the runner did not find when the sets were last run, by set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MISSED: Final[Mapping[str, frozenset[str]]] = {
    "first_set": frozenset(
        {
            "conflict_of_images_is_422",
            "ignored_key_of_secret",
            "keys_without_digits",
            "malformed_connection_not_found",
            "no_repositories_of_unsupported_connection",
            "own_membership_may_change",
            "revocation_without_effect",
        }
    ),
    "second_set": frozenset(
        {
            "access_token_time_in_iso_format",
            "agent_images_ordered_by_creation",
            "before_ignored_with_after",
            "composed_dockerfile_without_the_base_image",
            "connection_id_without_check",
            "datadog_key_of_a_new_service_unmasked",
            "days_of_inactivity_rounded_up",
            "deleted_artifact_stays_in_the_build",
            "enabled_schedule_keeps_failed_at",
            "execution_tags_with_branch_and_commit",
            "export_location_with_its_prefix",
            "ignored_value_of_a_secret",
            "invitations_of_an_invalid_batch",
            "job_state_counts_of_the_filtered_jobs",
            "listed_agents_without_their_jobs",
            "meta_needs_a_token",
            "metrics_for_older_versions",
            "omitted_annotation_bodies_are_empty",
            "own_membership_is_unprocessable",
            "pipeline_update_removes_the_skip_filter",
            "rate_limit_current_is_remaining",
            "rebuild_without_the_environment",
            "revoked_token_still_valid",
            "root_timestamp_in_milliseconds",
            "schedule_with_the_web_url_of_its_pipeline",
            "service_update_enables_the_service",
            "taken_image_name_is_unprocessable",
            "text_as_priority_zero",
            "user_graphql_id_of_the_membership",
        }
    ),
    "third_set": frozenset(
        {
            "added_labels_replace",
            "assigned_template_deleted",
            "audit_events_before_restart",
            "audit_events_without_link",
            "cache_tag_is_cut_off",
            "deleted_log_in_cache",
            "first_parallel_job",
            "image_in_use_is_unprocessable",
            "maintaining_team_is_a_user",
            "old_cache_volumes",
            "orphaned_agent_tokens",
            "queue_paused_by_its_creator",
            "session_in_private_caches",
            "slug_without_the_new_name",
            "stop_without_force",
        }
    ),
    "fourth_set": frozenset(
        {
            "counted_retried_jobs",
            "ignored_invalid_state",
            "ignored_unblocker",
            "last_page_is_full",
            "link_with_one_value",
            "value_without_author",
            "zero_wait_time",
        }
    ),
}
