"""Agents."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import BadRequestError, UnprocessableError
from ..render.agents import agent as render
from ..world.actions import abort
from ..world.agents import DEFAULT_PAUSE, Agent
from . import lookup

routes = Routes()
AGENTS = "/v2/organizations/{org}/agents"
AGENT = f"{AGENTS}/{{agent_id}}"
_LISTED = frozenset({"connected", "stopping"})


@routes.route("GET", AGENTS, scope="read_agents")
def list_agents(call: Call) -> Reply:
    """List the agents that are connected or stopping."""
    organization = lookup.organization(call)
    view = lookup.view(call)
    found = [agent for agent in organization.agents.values() if agent.connection_state in _LISTED]
    wanted = {name: call.query.text(name) for name in ("name", "hostname", "version", "cluster_queue_id")}
    found = [agent for agent in found if _matches(agent, wanted)]
    return page(call, found, lambda agent: render(view, organization, agent))


def _matches(agent: Agent, wanted: dict[str, str | None]) -> bool:
    actual = {
        "name": agent.name,
        "hostname": agent.hostname,
        "version": agent.version,
        "cluster_queue_id": agent.queue.id,
    }
    return all(value is None or actual[name] == value for name, value in wanted.items())


@routes.route("GET", AGENT, scope="read_agents")
def get_agent(call: Call) -> Reply:
    """Return one agent, whatever its connection state."""
    return json(render(lookup.view(call), lookup.organization(call), lookup.agent(call)))


@routes.route("PUT", f"{AGENT}/stop", scope="write_agents")
def stop_agent(call: Call) -> Reply:
    """Tell an agent to shut down, and give up what it does unless it may finish."""
    agent = lookup.agent(call)
    if agent.connection_state != "connected":
        raise BadRequestError("Can only stop connected agents")
    agent.stop(call.now)
    if agent.job is not None and call.body.get("force", True):
        abort(call.world, agent.job, call.now)
    return no_content()


@routes.route("PUT", f"{AGENT}/pause", scope="write_agents")
def pause_agent(call: Call) -> Reply:
    """Send no further jobs to an agent for a while."""
    agent = lookup.agent(call)
    if agent.connection_state != "connected":
        raise UnprocessableError("Only connected agents may be paused")
    if agent.paused:
        raise UnprocessableError("Agent is already paused")
    minutes = call.body.get("timeout_in_minutes", DEFAULT_PAUSE)
    agent.pause(call.now, call.token.user, call.body.get("note"), minutes)
    return no_content()


@routes.route("PUT", f"{AGENT}/resume", scope="write_agents")
def resume_agent(call: Call) -> Reply:
    """Send jobs to a paused agent again."""
    agent = lookup.agent(call)
    if not agent.paused:
        raise UnprocessableError("Agent is not paused")
    agent.resume()
    return no_content()
