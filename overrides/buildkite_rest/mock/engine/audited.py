"""Which operations leave an event in the audit log, and what the event is called."""

from __future__ import annotations

from collections.abc import Iterator

_ORGANIZATION = "/v2/organizations/{}"
_PIPELINE = f"{_ORGANIZATION}/pipelines/{{}}"
_SERVICE = f"{_ORGANIZATION}/services/{{}}"
_CLUSTER = f"{_ORGANIZATION}/clusters/{{}}"
_QUEUE = f"{_CLUSTER}/queues/{{}}"
_TEAM = f"{_ORGANIZATION}/teams/{{}}"
_SETTINGS = f"{_ORGANIZATION}/pipeline-settings"
_REGISTRIES = "/v2/packages/organizations/{}/registries"

#: Collections, and what the events call one of their things.
_COLLECTIONS = {
    f"{_ORGANIZATION}/pipelines": "Pipeline",
    f"{_PIPELINE}/schedules": "PipelineSchedule",
    f"{_ORGANIZATION}/pipeline-templates": "PipelineTemplate",
    f"{_ORGANIZATION}/services": "NotificationService",
    f"{_ORGANIZATION}/members": "OrganizationMember",
    f"{_ORGANIZATION}/invitations": "OrganizationInvitation",
    f"{_ORGANIZATION}/teams": "Team",
    f"{_TEAM}/members": "TeamMember",
    f"{_TEAM}/pipelines": "TeamPipeline",
    f"{_TEAM}/suites": "TeamSuite",
    f"{_ORGANIZATION}/clusters": "Cluster",
    f"{_CLUSTER}/queues": "ClusterQueue",
    f"{_CLUSTER}/tokens": "ClusterToken",
    f"{_CLUSTER}/secrets": "Secret",
    f"{_CLUSTER}/maintainers": "ClusterPermission",
    f"{_ORGANIZATION}/rules": "Rule",
    f"{_ORGANIZATION}/portals": "Portal",
    "/v2/analytics/organizations/{}/suites": "Suite",
    _REGISTRIES: "Registry",
    f"{_REGISTRIES}/{{}}/tokens": "RegistryToken",
}
#: Operations that are none of a collection, what they do, and to what.
_ACTIONS = {
    ("DELETE", f"{_ORGANIZATION}/invitations/{{}}"): ("OrganizationInvitationRevokedEvent", "OrganizationInvitation"),
    ("POST", f"{_PIPELINE}/archive"): ("PipelineUpdatedEvent", "Pipeline"),
    ("POST", f"{_PIPELINE}/unarchive"): ("PipelineUpdatedEvent", "Pipeline"),
    ("PUT", f"{_SERVICE}/enable"): ("NotificationServiceEnabledEvent", "NotificationService"),
    ("PUT", f"{_SERVICE}/disable"): ("NotificationServiceDisabledEvent", "NotificationService"),
    ("POST", f"{_ORGANIZATION}/teams/enable"): ("OrganizationTeamsEnabledEvent", "Organization"),
    ("POST", f"{_QUEUE}/pause_dispatch"): ("ClusterQueueUpdatedEvent", "ClusterQueue"),
    ("POST", f"{_QUEUE}/resume_dispatch"): ("ClusterQueueUpdatedEvent", "ClusterQueue"),
    ("PUT", f"{_CLUSTER}/secrets/{{}}/value"): ("SecretValueUpdatedEvent", "Secret"),
    ("POST", f"{_ORGANIZATION}/jobs/{{}}/vnc-session"): ("JobTerminalSessionStartedEvent", "Job"),
    ("POST", f"{_ORGANIZATION}/jobs/{{}}/ssh-session"): ("JobTerminalSessionStartedEvent", "Job"),
    ("PATCH", f"{_ORGANIZATION}/api-settings"): ("OrganizationSecuritySettingsUpdatedEvent", "Organization"),
    ("PUT", f"{_SETTINGS}/build-export"): ("OrganizationBuildExportUpdatedEvent", "Organization"),
    ("DELETE", f"{_SETTINGS}/build-export"): ("OrganizationBuildExportUpdatedEvent", "Organization"),
    ("PATCH", _SETTINGS): ("OrganizationUpdatedEvent", "Organization"),
    ("PUT", f"{_SETTINGS}/hosted-agents-ssh"): ("OrganizationUpdatedEvent", "Organization"),
    ("DELETE", f"{_SETTINGS}/hosted-agents-ssh"): ("OrganizationUpdatedEvent", "Organization"),
    ("PUT", f"{_SETTINGS}/public-pipelines"): ("OrganizationUpdatedEvent", "Organization"),
    ("DELETE", f"{_SETTINGS}/public-pipelines"): ("OrganizationUpdatedEvent", "Organization"),
    ("PUT", f"{_SETTINGS}/advanced-queue-metrics"): ("OrganizationUpdatedEvent", "Organization"),
}


def _of_collections() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for path, subject in _COLLECTIONS.items():
        yield ("POST", path), (f"{subject}CreatedEvent", subject)
        for method in ("PUT", "PATCH", "POST"):
            yield (method, f"{path}/{{}}"), (f"{subject}UpdatedEvent", subject)
        yield ("DELETE", f"{path}/{{}}"), (f"{subject}DeletedEvent", subject)


#: Type of the event and of its subject, by method and path.
EVENTS = {**dict(_of_collections()), **_ACTIONS}
