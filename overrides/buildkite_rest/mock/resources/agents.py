"""Agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, no_content
from ..http.errors import BadRequestError, UnprocessableError
from ..http.routing import routes
from ..ids import Kind
from ..lookup import WEB, organization_cluster_url, organization_url
from ..undo import stored
from ..values import Json
from .clusters import Queue
from .jobs import CANCELABLE, Job, cancel, job_json
from .organizations import Organization
from .resource import Resource, field, no_values
from .users import User

ConnectionState = Literal["never_connected", "connected", "disconnected", "stopping", "stopped", "lost"]
#: Seconds that an agent without a job takes to shut down.
_SHUTDOWN_SECONDS = 1.0
#: Default length of a pause in minutes.
_DEFAULT_PAUSE = 5


@stored
class Agent:
    """A process that runs jobs."""

    id: str
    organization: Organization = field(hidden=True)
    name: str
    queue: Queue = field(render=lambda queue: queue.key)
    hostname: str
    ip_address: str
    version: str
    creator: User | None = None
    created_at: float
    connection_state: ConnectionState
    connected_at: float | None = None
    disconnected_at: float | None = None
    lost_at: float | None = None
    stopping_at: float | None = field(default=None, hidden=True)
    stopped_at: float | None = None
    last_job_finished_at: float | None = None
    priority: int | None = None
    meta_data: tuple[str, ...] = ()
    jobs: list[Job] = field(factory=list["Job"], hidden=True)
    """Running jobs, the oldest first: an agent of a busy queue has several."""
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    paused_timeout_in_minutes: int | None = None

    @property
    def job(self) -> Job | None:
        """The job that the agent shows."""
        return self.jobs[0] if self.jobs else None

    def resume(self) -> None:
        """End a pause."""
        self.paused_at = self.paused_by = self.paused_note = self.paused_timeout_in_minutes = None

    def advance(self, now: float) -> None:
        """End a pause or a shutdown that is due."""
        # Times are compared, not added: minutes may be too large for a float.
        minutes = self.paused_timeout_in_minutes
        if self.paused_at is not None and minutes is not None and now - self.paused_at >= 60 * minutes:
            self.resume()
        if self.stopping_at is not None and not self.jobs and now >= self.stopping_at + _SHUTDOWN_SECONDS:
            self.connection_state = "stopped"
            self.stopped_at = self.disconnected_at = self.stopping_at + _SHUTDOWN_SECONDS
            self.stopping_at = None

    def brief_json(self, call: Call) -> Json:
        """Return the JSON of the agent without its job."""
        return call.rendered_once(self.id, lambda: agents.json(call, self, no_values))


def serving_queue(job: Job) -> Queue | None:
    """Return the queue whose agents run a job: its own, or else the first one."""
    clusters = job.build.pipeline.organization.clusters.values()
    return job.queue or next((queue for cluster in clusters for queue in cluster.queues.values()), None)


def spare_agent(backend: Backend, job: Job, now: float) -> Agent:
    """Return an agent for a job: a free one of its queue, else a busy one, else a new one, as of hosted queues."""
    organization = job.build.pipeline.organization
    queue = serving_queue(job)
    if queue is None:
        raise LookupError("a job without a queue gets no agent")
    connected = [one for one in organization.agents.values() if one.connection_state == "connected"]
    able = [agent for agent in connected if agent.paused_at is None and agent.queue is queue]
    candidates = [agent for agent in able if agent.job is None] or able
    if candidates:
        return candidates[job.index % len(candidates)]
    number = backend.new_number(Kind.AGENT)
    agent = Agent(
        id=backend.ids.make(Kind.AGENT, number),
        organization=organization,
        name=f"hosted-{queue.os}-{number}",
        queue=queue,
        hostname=f"hosted-{number}.internal",
        ip_address=f"198.51.100.{number % 256}",
        version="3.112.0",
        created_at=now,
        connected_at=now,
        connection_state="connected",
        meta_data=(f"queue={queue.key}",),
    )
    organization.agents[agent.id] = agent
    return agent


_LISTED_STATES = frozenset({"connected", "stopping"})


def _listed(call: Call, agents: Sequence[Agent]) -> list[Agent]:
    """Return the connected agents that match the query."""
    filters = {name: call.query.text(name) for name in ("name", "hostname", "version")}
    queue_id = call.query.text("cluster_queue_id")
    return [
        agent
        for agent in agents
        if agent.connection_state in _LISTED_STATES
        and queue_id in (None, agent.queue.id)
        and all(value in (None, getattr(agent, name)) for name, value in filters.items())
    ]


def _queue_path(agent: Agent) -> str:
    return f"clusters/{agent.queue.cluster_id}/queues/{agent.queue.id}"


agents = Resource(
    type=Agent,
    computed={
        "url": lambda call, item: f"{organization_url(call, item.organization)}/agents/{item.id}",
        "web_url": lambda _, item: f"{WEB}/organizations/{item.organization.slug}/{_queue_path(item)}/agents/{item.id}",
        "cluster_url": lambda call, item: organization_cluster_url(call, item.organization, item.queue.cluster_id),
        "paused": lambda _, item: item.paused_at is not None,
        "user_agent": lambda _, item: f"buildkite-agent/{item.version} ({item.queue.os}; {item.queue.arch})",
        "os_id": lambda _, item: item.queue.os,
        "arch": lambda _, item: item.queue.arch,
        "cluster_queue_url": lambda call, item: f"{organization_url(call, item.organization)}/{_queue_path(item)}",
    },
    path="/v2/organizations/{org}/agents",
    key="agent_id",
    has_url=False,
    objects=lambda call: lookup.organization(call).agents,
    scope="agents",
    operations=("list", "get"),
    select=_listed,
    extra=lambda call, agent: {"job": agent.job and job_json(call, agent.job, with_agent=False)},
)


@routes.route("PUT", f"{agents.item_path}/stop", scope="write_agents")
def stop_agent(call: Call) -> Reply:
    """Stop an agent, and cancel its jobs unless `force` is false."""
    agent = agents.find(call)
    if agent.connection_state != "connected":
        raise BadRequestError("Can only stop connected agents")
    agent.connection_state, agent.stopping_at = "stopping", call.now
    for job in [*agent.jobs] if call.body.get("force", True) else ():
        if job.build.state in CANCELABLE:
            cancel(call.backend, job.build, call.now)
        job.signal_reason = "agent_stop"
    return no_content()


@routes.route("PUT", f"{agents.item_path}/pause", scope="write_agents")
def pause_agent(call: Call) -> Reply:
    agent = agents.find(call)
    if agent.connection_state != "connected":
        raise UnprocessableError("Only connected agents may be paused")
    if agent.paused_at is not None:
        raise UnprocessableError("Agent is already paused")
    agent.paused_at, agent.paused_by, agent.paused_note = call.now, call.token.user, call.body.get("note")
    agent.paused_timeout_in_minutes = call.body.get("timeout_in_minutes", _DEFAULT_PAUSE)
    return no_content()


@routes.route("PUT", f"{agents.item_path}/resume", scope="write_agents")
def resume_agent(call: Call) -> Reply:
    agent = agents.find(call)
    if agent.paused_at is None:
        raise UnprocessableError("Agent is not paused")
    agent.resume()
    return no_content()
