"""Agents as JSON."""

from __future__ import annotations

from ..world.accounts import Organization
from ..world.agents import Agent
from .embedded_agent import brief_agent
from .jobs import job
from .view import Json, View


def agent(view: View, organization: Organization, machine: Agent) -> Json:
    """Write an agent with the job that it runs."""
    return {
        **brief_agent(view, organization, machine),
        "job": None if machine.job is None else job(view, machine.job, with_agent=False),
    }
