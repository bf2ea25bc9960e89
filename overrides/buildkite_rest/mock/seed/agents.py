"""Agents in every connection state."""

from __future__ import annotations

from ..ids import Kind
from ..world.accounts import Organization
from ..world.agents import Agent, ConnectionState
from ..world.world import World
from .accounts import DAY, EPOCH

#: Enough agents that the default page does not hold them all.
_CONNECTED = 34
_OTHERS: tuple[ConnectionState, ...] = ("stopping", "stopped", "disconnected", "lost", "never_connected")
#: Minutes of a century: every pause ends, and this one after all tests.
_LONG_PAUSE = 100 * 365 * 24 * 60
_VERSIONS = ("3.112.0", "3.104.0", "3.98.2")


def add_agents(world: World) -> None:
    """Add agents to each organization."""
    for organization in world.organizations.values():
        states: list[ConnectionState] = ["connected"] * (_CONNECTED if organization.slug == "acme" else 2)
        for state in (*states, *_OTHERS):
            _add_agent(world, organization, state)
        first = next(iter(organization.agents.values()))
        first.pause(EPOCH, organization.members[0], "Disk is being replaced", _LONG_PAUSE)


def _add_agent(world: World, organization: Organization, state: ConnectionState) -> None:
    number = world.new_number(Kind.AGENT)
    main = next(iter(organization.clusters.values()))
    queue = list(main.queues.values())[(0, 0, 0, 1, 2)[number % 5]]
    connected = None if state == "never_connected" else EPOCH - 3 * DAY + 60 * number
    gone = None if connected is None else connected + DAY
    agent = Agent(
        id=world.ids.make(Kind.AGENT, number),
        name=f"{queue.os}-{queue.key}-{number}",
        queue=queue,
        hostname=f"{queue.os}-{number}.{organization.slug}.example",
        ip_address=f"203.0.113.{number}",
        version=_VERSIONS[number % len(_VERSIONS)],
        creator=organization.members[number % len(organization.members)] if number % 3 else None,
        created_at=EPOCH - 30 * DAY + 60 * number,
        connection_state=state,
        connected_at=connected,
        disconnected_at=gone if state in {"stopped", "disconnected"} else None,
        lost_at=gone if state == "lost" else None,
        stopped_at=gone if state == "stopped" else None,
        last_job_finished_at=None if connected is None or number % 4 == 0 else connected + 7_200,
        priority=number % 3 or None,
        meta_data=(f"queue={queue.key}", f"os={queue.os}", f"size={'large' if number % 2 else 'small'}"),
    )
    organization.agents[agent.id] = agent
