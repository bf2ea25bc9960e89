"""Agents."""

from __future__ import annotations

from typing import Literal

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_or_none
from ..http.call import Call, Reply, json, no_content
from ..http.errors import BadRequestError, UnprocessableError
from ..http.pagination import page
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import WEB, RenderContext
from ..undo import stored
from ..values import Json
from .builds.states import cancel_for_stopped_agent
from .clusters import Queue
from .jobs.job import Job, job_json
from .organizations import Organization
from .users import User, user_json_or_none

ConnectionState = Literal["never_connected", "connected", "disconnected", "stopping", "stopped", "lost"]
#: Seconds that an agent without a job takes to shut down.
SHUTDOWN_SECONDS = 1.0
#: Default length of a pause in minutes.
DEFAULT_PAUSE = 5


@stored
class Agent:
    """A process that runs jobs."""

    id: str
    name: str
    queue: Queue
    hostname: str
    ip_address: str
    version: str
    creator: User | None
    created_at: float
    connection_state: ConnectionState
    connected_at: float | None = None
    disconnected_at: float | None = None
    lost_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    last_job_finished_at: float | None = None
    priority: int | None = None
    meta_data: tuple[str, ...] = ()
    jobs: list[Job] = attrs.field(factory=list["Job"])
    """Running jobs, the oldest first: an agent of a busy queue has several."""
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    paused_minutes: int | None = None
    is_ephemeral: bool = False
    """Whether it was started for one job and stops after it."""

    @property
    def job(self) -> Job | None:
        """The job that the agent shows."""
        return self.jobs[0] if self.jobs else None

    @property
    def paused(self) -> bool:
        """Whether the agent is paused."""
        return self.paused_at is not None

    @property
    def takes_jobs(self) -> bool:
        """Whether the agent accepts jobs."""
        return self.connection_state == "connected" and not self.paused

    def pause(self, now: float, user: User, note: str | None, minutes: int = DEFAULT_PAUSE) -> None:
        """Stop sending jobs to the agent until it is resumed, or until the pause ends."""
        self.paused_at, self.paused_by, self.paused_note, self.paused_minutes = now, user, note, minutes

    def resume(self) -> None:
        """End a pause."""
        self.paused_at = self.paused_by = self.paused_note = self.paused_minutes = None

    def stop(self, now: float) -> None:
        """Stop sending jobs to the agent, and start its shutdown."""
        self.connection_state = "stopping"
        self.stopping_at = now

    def advance(self, now: float) -> None:
        """End a pause or a shutdown that is due."""
        if self._pause_is_over(now):
            self.resume()
        if self.stopping_at is not None and self.job is None and now >= self.stopping_at + SHUTDOWN_SECONDS:
            self.end(self.stopping_at + SHUTDOWN_SECONDS)

    def end(self, now: float) -> None:
        """Complete the shutdown."""
        self.connection_state = "stopped"
        self.stopped_at = self.disconnected_at = now
        self.stopping_at = None

    def _pause_is_over(self, now: float) -> bool:
        if self.paused_at is None or self.paused_minutes is None:
            return False
        # Compared, not added: minutes may be too large for a float.
        return now - self.paused_at >= 60 * self.paused_minutes

    def brief_json(self, context: RenderContext, organization: Organization) -> Json:
        """Return the JSON of the agent without its job."""
        queue = self.queue
        cluster_url = f"{context.organization_url(organization)}/clusters/{queue.cluster_id}"
        return {
            "id": self.id,
            "graphql_id": graphql_id("Agent", self.id),
            "url": f"{context.organization_url(organization)}/agents/{self.id}",
            "web_url": (
                f"{WEB}/organizations/{organization.slug}/clusters/{queue.cluster_id}/queues/{queue.id}/agents/{self.id}"
            ),
            "name": self.name,
            "connection_state": self.connection_state,
            "hostname": self.hostname,
            "ip_address": self.ip_address,
            "user_agent": f"buildkite-agent/{self.version} ({queue.os}; {queue.arch})",
            "version": self.version,
            "os_id": queue.os,
            "arch": queue.arch,
            "queue": queue.key,
            "cluster_url": cluster_url,
            "cluster_queue_url": f"{cluster_url}/queues/{queue.id}",
            "creator": user_json_or_none(self.creator),
            "created_at": iso(self.created_at),
            "connected_at": iso_or_none(self.connected_at),
            "disconnected_at": iso_or_none(self.disconnected_at),
            "lost_at": iso_or_none(self.lost_at),
            "stopped_at": iso_or_none(self.stopped_at),
            "last_job_finished_at": iso_or_none(self.last_job_finished_at),
            "priority": self.priority,
            "meta_data": list(self.meta_data),
            "paused": self.paused,
            "paused_at": iso_or_none(self.paused_at),
            "paused_by": user_json_or_none(self.paused_by),
            "paused_note": self.paused_note,
            "paused_timeout_in_minutes": self.paused_minutes,
        }


def serving_queue(job: Job) -> Queue | None:
    """Return the queue whose agents run a job: its own, or else the first one."""
    clusters = job.build.pipeline.organization.clusters.values()
    return job.queue or next((queue for cluster in clusters for queue in cluster.queues.values()), None)


def spare_agent(backend: Backend, job: Job, now: float) -> Agent:
    """Return an agent for a job: a free one of its queue, else a busy one, else a new hosted one for this job only."""
    organization = job.build.pipeline.organization
    queue = serving_queue(job)
    if queue is None:
        raise LookupError("a job without a queue gets no agent")
    able = [
        agent
        for agent in organization.agents.values()
        if agent.takes_jobs and agent.queue is job.queue and not agent.is_ephemeral
    ]
    free = [agent for agent in able if agent.job is None]
    for candidates in (free, able):
        if candidates:
            return candidates[job.index % len(candidates)]
    return _hosted_agent(backend, organization, queue, now)


def _hosted_agent(backend: Backend, organization: Organization, queue: Queue, now: float) -> Agent:
    """Start an agent for one job, as hosted queues do."""
    number = backend.new_number(Kind.AGENT)
    agent = Agent(
        id=backend.ids.make(Kind.AGENT, number),
        name=f"hosted-{queue.os}-{number}",
        queue=queue,
        hostname=f"hosted-{number}.internal",
        ip_address=f"198.51.100.{number % 256}",
        version="3.112.0",
        creator=None,
        created_at=now,
        connected_at=now,
        connection_state="connected",
        meta_data=(f"queue={queue.key}",),
        is_ephemeral=True,
    )
    organization.agents[agent.id] = agent
    return agent


def agent_json(context: RenderContext, organization: Organization, agent: Agent) -> Json:
    """Return an agent as JSON, with its current job."""
    return {
        **agent.brief_json(context, organization),
        "job": None if agent.job is None else job_json(context, agent.job, with_agent=False),
    }


routes = Routes()
_AGENTS_PATH = "/v2/organizations/{org}/agents"
_AGENT_PATH = f"{_AGENTS_PATH}/{{agent_id}}"
_LISTED_STATES = frozenset({"connected", "stopping"})


@routes.route("GET", _AGENTS_PATH, scope="read_agents")
def list_agents(call: Call) -> Reply:
    organization = lookup.organization(call)
    context = lookup.render_context(call)
    agents = [agent for agent in organization.agents.values() if agent.connection_state in _LISTED_STATES]
    filters = {name: call.query.text(name) for name in ("name", "hostname", "version", "cluster_queue_id")}
    agents = [agent for agent in agents if _matches(agent, filters)]
    return page(call, agents, lambda agent: agent_json(context, organization, agent))


def _matches(agent: Agent, filters: dict[str, str | None]) -> bool:
    actual = {
        "name": agent.name,
        "hostname": agent.hostname,
        "version": agent.version,
        "cluster_queue_id": agent.queue.id,
    }
    return all(value is None or actual[name] == value for name, value in filters.items())


@routes.route("GET", _AGENT_PATH, scope="read_agents")
def get_agent(call: Call) -> Reply:
    return json(agent_json(lookup.render_context(call), lookup.organization(call), lookup.agent(call)))


@routes.route("PUT", f"{_AGENT_PATH}/stop", scope="write_agents")
def stop_agent(call: Call) -> Reply:
    """Stop an agent, and cancel its jobs unless `force` is false."""
    agent = lookup.agent(call)
    if agent.connection_state != "connected":
        raise BadRequestError("Can only stop connected agents")
    agent.stop(call.now)
    for job in [*agent.jobs] if call.body.get("force", True) else ():
        cancel_for_stopped_agent(call.backend, job, call.now)
    return no_content()


@routes.route("PUT", f"{_AGENT_PATH}/pause", scope="write_agents")
def pause_agent(call: Call) -> Reply:
    agent = lookup.agent(call)
    if agent.connection_state != "connected":
        raise UnprocessableError("Only connected agents may be paused")
    if agent.paused:
        raise UnprocessableError("Agent is already paused")
    minutes = call.body.get("timeout_in_minutes", DEFAULT_PAUSE)
    agent.pause(call.now, call.token.user, call.body.get("note"), minutes)
    return no_content()


@routes.route("PUT", f"{_AGENT_PATH}/resume", scope="write_agents")
def resume_agent(call: Call) -> Reply:
    agent = lookup.agent(call)
    if not agent.paused:
        raise UnprocessableError("Agent is not paused")
    agent.resume()
    return no_content()


#: More than the default page size.
_SEEDED_CONNECTED = 34
_SEEDED_OTHERS: tuple[ConnectionState, ...] = ("stopping", "stopped", "disconnected", "lost", "never_connected")
#: A century in minutes: the pause must not end during tests.
_LONG_PAUSE = 100 * 365 * 24 * 60
_VERSIONS = ("3.112.0", "3.104.0", "3.98.2")


def add_agents(backend: Backend) -> None:
    for organization in backend.organizations.values():
        states: list[ConnectionState] = ["connected"] * (_SEEDED_CONNECTED if organization.slug == "acme" else 2)
        for state in (*states, *_SEEDED_OTHERS):
            _add_agent(backend, organization, state)
        first = next(iter(organization.agents.values()))
        first.pause(backend.epoch, organization.members[0], "Disk is being replaced", _LONG_PAUSE)


def _add_agent(backend: Backend, organization: Organization, state: ConnectionState) -> None:
    number = backend.new_number(Kind.AGENT)
    main = next(iter(organization.clusters.values()))
    queue = list(main.queues.values())[(0, 0, 0, 1, 2)[number % 5]]
    connected = None if state == "never_connected" else backend.epoch - 3 * DAY + 60 * number
    ended_at = None if connected is None else connected + DAY
    agent = Agent(
        id=backend.ids.make(Kind.AGENT, number),
        name=f"{queue.os}-{queue.key}-{number}",
        queue=queue,
        hostname=f"{queue.os}-{number}.{organization.slug}.example",
        ip_address=f"203.0.113.{number}",
        version=_VERSIONS[number % len(_VERSIONS)],
        creator=organization.members[number % len(organization.members)] if number % 3 else None,
        created_at=backend.epoch - 30 * DAY + 60 * number,
        connection_state=state,
        connected_at=connected,
        disconnected_at=ended_at if state in {"stopped", "disconnected"} else None,
        lost_at=ended_at if state == "lost" else None,
        stopped_at=ended_at if state == "stopped" else None,
        last_job_finished_at=None if connected is None or number % 4 == 0 else connected + 7_200,
        priority=number % 3 or None,
        meta_data=(f"queue={queue.key}", f"os={queue.os}", f"size={'large' if number % 2 else 'small'}"),
    )
    organization.agents[agent.id] = agent
