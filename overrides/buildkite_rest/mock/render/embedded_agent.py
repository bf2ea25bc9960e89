"""The agent of a job as JSON: everything but the job that it runs."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.agents import Agent
from ..world.builds import Job
from .accounts import user_or_none
from .view import WEB, Json, View


def embedded_agent(view: View, job: Job) -> Json | None:
    """Write the agent that took a job."""
    return None if job.agent is None else brief_agent(view, job.build.pipeline.organization, job.agent)


def brief_agent(view: View, organization: Organization, machine: Agent) -> Json:
    """Write an agent as it stands in its job."""
    queue = machine.queue
    return {
        "id": machine.id,
        "graphql_id": graphql_id("Agent", machine.id),
        "url": f"{view.organization_url(organization)}/agents/{machine.id}",
        "web_url": (
            f"{WEB}/organizations/{organization.slug}/clusters/{queue.cluster_id}/queues/{queue.id}/agents/{machine.id}"
        ),
        "name": machine.name,
        "connection_state": machine.connection_state,
        "hostname": machine.hostname,
        "ip_address": machine.ip_address,
        "user_agent": f"buildkite-agent/{machine.version} ({queue.os}; {queue.arch})",
        "version": machine.version,
        "os_id": queue.os,
        "arch": queue.arch,
        "queue": queue.key,
        "creator": user_or_none(machine.creator),
        "created_at": iso(machine.created_at),
        "connected_at": iso_or_none(machine.connected_at),
        "disconnected_at": iso_or_none(machine.disconnected_at),
        "lost_at": iso_or_none(machine.lost_at),
        "stopped_at": iso_or_none(machine.stopped_at),
        "last_job_finished_at": iso_or_none(machine.last_job_finished_at),
        "priority": machine.priority,
        "meta_data": list(machine.meta_data),
        "paused": machine.paused,
        "paused_at": iso_or_none(machine.paused_at),
        "paused_by": user_or_none(machine.paused_by),
        "paused_note": machine.paused_note,
        "paused_timeout_in_minutes": machine.paused_minutes,
    }
