"""What requests change, with bugs in it."""

from tests.conformance.mutants.effect_bugs import (
    AGENT,
    INVITATION,
    JOB,
    PORTALS,
    QUEUE,
    REGISTRY,
    SCHEDULE,
    SECRET,
    SERVICE,
    SERVICES,
    TEMPLATE,
    TEMPLATES,
    TEST,
    all_teams,
    annotation_duplicated,
    annotation_replaced,
    any_organization,
    any_parent,
    children_stay,
    deleted_again,
    does_nothing,
    duplicate_accepted,
    edits,
    jobs_survive,
    lists_every_schedule,
    merged,
    redirected,
    refused_update_applied,
    removed_everywhere,
    replaces,
    restored_by_update,
    show_secret,
    spreading,
    unarchive_forgets,
    without,
)
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    CLUSTERS,
    EFFECTS,
    PIPELINE,
    PIPELINES,
    SUITES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)

SECRET_LIFE = ("createClusterSecret", "getClusterSecret", "listClusterSecrets")
TEAM_LIFE = ("createTeam", "getTeam", "updateTeam", "deleteTeam", "listTeams")
CLUSTER_LIFE = ("createCluster", "getCluster", "updateCluster", "listClusters", "deleteCluster")
PIPELINE_LIFE = ("createPipeline", "getPipeline", "updatePipeline")
SCHEDULE_LIFE = ("createPipelineSchedule", "getPipelineSchedule", "updatePipelineSchedule")
TEMPLATE_LIFE = ("createPipelineTemplate", "getPipelineTemplate", "updatePipelineTemplate")
BUILD_LIFE = ("createBuild", "getBuild", "listBuilds")

EFFECTS_MUTANTS: dict[str, Mutant] = {
    # New objects
    "false is stored as true": server(
        "createPipelineTemplate",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEMPLATES, lambda value: {**value, "available": not value.get("available", False)}),
    ),
    "default is wrong": server(
        "createPipelineSchedule",
        "default_not_applied",
        EFFECTS,
        edits("POST", f"{PIPELINE}/schedules", merged(enabled=False)),
    ),
    "default of a filter is wrong": server(
        "createPipeline",
        "default_not_applied",
        EFFECTS,
        edits("POST", PIPELINES, merged(branch_configuration="main")),
    ),
    "nested value lost": server(
        "createNotificationService",
        "value_not_persisted",
        EFFECTS,
        edits(
            "POST",
            SERVICES,
            lambda value: {**value, "build_states": {"build_failed": False}} if "build_states" in value else value,
        ),
    ),
    "items of an array lost": server(
        "createPipeline",
        "value_not_persisted",
        EFFECTS,
        edits("POST", PIPELINES, lambda value: {**value, "tags": value["tags"][:1]} if value.get("tags") else value),
    ),
    "meta-data lost": server(
        "createBuild", "value_not_persisted", EFFECTS, edits("POST", BUILDS, without("meta_data")), include=BUILD_LIFE
    ),
    "text trimmed to lower case": server(
        "createPortal",
        "value_not_persisted",
        EFFECTS,
        edits("POST", PORTALS, lambda value: {**value, "description": str(value.get("description", "")).lower()}),
    ),
    "value missing in the list": server(
        "listClusters",
        "value_not_persisted",
        EFFECTS,
        on("GET", CLUSTERS, body(put("*", "color", to=None))),
        include=("createCluster",),
    ),
    "created long ago": server(
        "createTeam",
        "creation_not_recorded",
        EFFECTS,
        on("POST", TEAMS, body(put("created_at", to="2020-01-01T00:00:00.000Z")), 201),
    ),
    "created by somebody else": server(
        "createCluster",
        "creation_not_recorded",
        EFFECTS,
        on("POST", CLUSTERS, body(put("created_by", "id", to="00000000-0000-4000-8000-000000000000")), 201),
    ),
    "key taken twice": server("createClusterQueue", "conflict_accepted", EFFECTS, duplicate_accepted),
    "secret value returned": remembering(
        "getClusterSecret",
        "secret_returned_again",
        EFFECTS,
        with_state(dict, show_secret),
        include=("createClusterSecret",),
    ),
    # Updates
    "one of many properties is not updated": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("allow_rebuilds")),
        include=PIPELINE_LIFE,
    ),
    "false is ignored in an update": server(
        "updateTeam",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", TEAM, without("members_can_create_suites", only=(False,))),
        include=TEAM_LIFE,
    ),
    "null is ignored in an update": server(
        "updateCluster",
        "value_not_persisted",
        EFFECTS,
        edits("PUT", CLUSTER, without("emoji", only=(None,))),
        include=CLUSTER_LIFE,
    ),
    "empty list is ignored in an update": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("tags", only=([],))),
        include=PIPELINE_LIFE,
    ),
    "update resets another property": server(
        "updatePipelineSchedule",
        "other_property_changed",
        EFFECTS,
        replaces(SCHEDULE, "message", None),
        include=SCHEDULE_LIFE,
    ),
    "update of a cluster resets its color": server(
        "updateCluster", "other_property_changed", EFFECTS, replaces(CLUSTER, "color", None), include=CLUSTER_LIFE
    ),
    "empty update resets a property": server(
        "updatePipelineTemplate",
        "other_property_changed",
        EFFECTS,
        edits("PATCH", TEMPLATE, lambda value: value or {"description": "Nothing"}),
        include=TEMPLATE_LIFE,
    ),
    "update changes the creation time": remembering(
        "getPipelineTemplate",
        "other_property_changed",
        EFFECTS,
        with_state(dict, restored_by_update),
        include=TEMPLATE_LIFE,
    ),
    "update of one changes another": remembering(
        "getTeam",
        "other_object_changed",
        EFFECTS,
        lambda: spreading("PATCH", TEAM, TEAMS, "description"),
        include=TEAM_LIFE,
    ),
    "default queue not set": server(
        "updateCluster",
        "value_not_persisted",
        EFFECTS,
        edits("PUT", CLUSTER, without("default_queue_id")),
        include=CLUSTER_LIFE,
    ),
    "provider settings replaced by nothing": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("provider_settings")),
        include=PIPELINE_LIFE,
    ),
    "access of a team not updated": server(
        "updateTeamPipeline",
        "value_not_persisted",
        EFFECTS,
        does_nothing("PATCH", f"{TEAM}/pipelines/*"),
    ),
    "access of a team to a suite not updated": server(
        "updateTeamSuite",
        "value_not_persisted",
        EFFECTS,
        does_nothing("PATCH", f"{TEAM}/suites/*"),
    ),
    # Deletions
    "deletion removes the next object": remembering(
        "getTeam", "other_object_changed", EFFECTS, redirected("DELETE", TEAM, -1, TEAMS), include=TEAM_LIFE
    ),
    "deletion by slug removes another suite": remembering(
        "deleteTestSuite",
        "other_object_changed",
        EFFECTS,
        redirected("DELETE", f"{SUITES}/*", -1, SUITES),
        include=("createTestSuite", "getTestSuite"),
    ),
    "children survive": remembering(
        "listClusterQueues", "deleted_object_found", EFFECTS, with_state(set, children_stay), include=CLUSTER_LIFE
    ),
    "deleted twice": server(
        "deleteRegistryToken",
        "deleted_object_found",
        EFFECTS,
        deleted_again(f"{REGISTRY}/tokens/*", 200),
        include=("createRegistryToken", "getRegistryToken"),
    ),
    # Parents
    "queue found below another cluster": remembering(
        "getClusterQueue", "wrong_parent_accepted", EFFECTS, any_parent(QUEUE, 5), include=("createClusterQueue",)
    ),
    "schedule found below another pipeline": remembering(
        "getPipelineSchedule",
        "wrong_parent_accepted",
        EFFECTS,
        any_parent(SCHEDULE, 5),
        include=("createPipelineSchedule",),
    ),
    "archived pipeline without a time": server(
        "archivePipeline",
        "effect_missing",
        EFFECTS,
        on("POST", f"{PIPELINE}/archive", body(put("archived_at", to=None))),
    ),
    "archiving changes tags": server(
        "getPipeline", "other_property_changed", EFFECTS, unarchive_forgets, include=("archivePipeline",)
    ),
    "disabled service still enabled": server(
        "disableNotificationService",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{SERVICE}/disable", read=1),
    ),
    "muted test not listed": server(
        "listMutedTests",
        "effect_missing",
        EFFECTS,
        on("GET", f"{SUITES}/*/tests/muted", body(lambda value: [])),
        include=("muteTest",),
    ),
    "labels replaced": server(
        "updateTestLabels",
        "effect_missing",
        EFFECTS,
        edits("PATCH", f"{TEST}/labels", lambda value: {**value, "operator": "add"}),
    ),
    "revoked invitation still pending": server(
        "getOrganizationInvitation",
        "effect_missing",
        EFFECTS,
        on("GET", INVITATION, body(put("state", to="pending"))),
        include=("revokeOrganizationInvitation", "createOrganizationInvitations"),
    ),
    "appended annotation replaced": server(
        "createBuildAnnotation", "effect_missing", EFFECTS, annotation_replaced, include=("listBuildAnnotations",)
    ),
    "annotation of the same context duplicated": server(
        "createBuildAnnotation", "effect_missing", EFFECTS, annotation_duplicated, include=("listBuildAnnotations",)
    ),
    "value of a secret not changed": server(
        "updateClusterSecretValue",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{SECRET}/value", read=1, changes={"updated_at": "2020-01-01T00:00:00.000Z"}),
        include=SECRET_LIFE,
    ),
    "copy moved": server(
        "copyPackage",
        "effect_missing",
        EFFECTS,
        on("POST", f"{REGISTRY}/packages/*/copy", body(put("name", to="another"))),
        include=("publishPackage",),
    ),
    # Further bystanders
    "user removed from all teams": server(
        "getTeamMember",
        "other_object_changed",
        EFFECTS,
        removed_everywhere,
        include=("createTeamMember", "deleteTeamMember", "listTeamMembers"),
    ),
    "schedules of all pipelines listed": remembering(
        "listPipelineSchedules",
        "wrong_parent_accepted",
        EFFECTS,
        with_state(list, lists_every_schedule),
        include=("createPipelineSchedule",),
    ),
    "found below another organization": server(
        "getPipelineTemplate", "wrong_parent_accepted", EFFECTS, any_organization, include=("createPipelineTemplate",)
    ),
    "refused update applied": server(
        "getTeam", "other_property_changed", EFFECTS, refused_update_applied, include=("updateTeam", "createTeam")
    ),
    "jobs of a deleted pipeline found": remembering(
        "getJob",
        "deleted_object_found",
        EFFECTS,
        with_state(dict, jobs_survive),
        include=("createPipeline", "deletePipeline", "createBuild", "getJobInBuild", "reprioritizeJob"),
    ),
    "property that no example has is lost": server(
        "createTeam",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEAMS, without("members_can_destroy_packages")),
    ),
    "null stored as text": server(
        "createPipelineTemplate",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEMPLATES, lambda value: {**value, "description": str(value.get("description"))}),
    ),
    "empty list replaced by a default": server(
        "createPipeline",
        "value_not_persisted",
        EFFECTS,
        edits(
            "POST", PIPELINES, lambda value: {**value, "tags": value["tags"] or ["new"]} if "tags" in value else value
        ),
    ),
    "priority 0 ignored": server(
        "reprioritizeJob",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/reprioritize", lambda value: {"priority": value["priority"] or 10}),
    ),
    "fields of a block step lost": server(
        "getBuild",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/unblock", without("fields")),
        include=("unblockJob",),
    ),
    "default length of a pause": server(
        "pauseAgent",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{AGENT}/pause", merged(timeout_in_minutes=60)),
    ),
    "updated by somebody else": server(
        "updatePipelineTemplate",
        "other_property_changed",
        EFFECTS,
        on("PATCH", TEMPLATE, body(put("updated_by", "id", to="00000000-0000-4000-8000-000000000000"))),
    ),
    "retries not counted": server(
        "retryJob", "effect_missing", EFFECTS, on("PUT", f"{JOB}/retry", body(put("retries_count", to=0)))
    ),
    "suite found by the team of another": remembering(
        "getTeamSuite",
        "other_object_changed",
        EFFECTS,
        lambda: all_teams("PATCH", f"{TEAM}/suites/*"),
        include=("createTeamSuite", "updateTeamSuite"),
    ),
}
