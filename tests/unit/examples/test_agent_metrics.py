"""Agents and waiting jobs are counted by queue, and agents that have left the list as disconnected."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tests.unit.examples.scripts import load

from buildkite_rest import AsyncBuildkite, Buildkite
from buildkite_rest.mock import ManualClock, MockServer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LINE = re.compile(r'buildkite_(\w+)\{queue="([\w-]+)"\} (\d+)')


def parsed(text):
    """Return the values of a sample by metric and queue."""
    found = [LINE.fullmatch(line).groups() for line in text.splitlines()]
    values = {(metric, queue): int(value) for metric, queue, value in found}
    assert len(values) == len(found)
    return values


def test_two_samples(capsys, monkeypatch):
    script = load("agent_metrics")
    with (
        MockServer(clock=ManualClock(NOW.timestamp())) as server,
        Buildkite(server.token, base_url=server.url, strict=True) as bk,
    ):
        agents = list(bk.agents.list("acme"))
        free = [agent for agent in agents if agent.job is None and agent.connection_state == "connected"]
        idle = [agent for agent in free if not agent.paused and agent.queue == "default"]
        build = bk.builds.create("acme", "web", commit="HEAD", branch="main")
        scheduled = [job for job in bk.jobs.list("acme", "web", build.number) if job.state == "scheduled"]

        async def change(seconds):
            """Pause an agent and stop another one, instead of waiting; the second time, end the script."""
            assert seconds == 30
            if bk.agents.get("acme", idle[0].id).paused:
                raise asyncio.CancelledError
            bk.agents.pause("acme", idle[0].id)
            bk.agents.stop("acme", idle[1].id)
            server.advance(60)

        monkeypatch.setattr(script, "asyncio", SimpleNamespace(sleep=change))
        monkeypatch.setattr(
            script,
            "AsyncBuildkite",
            lambda **options: AsyncBuildkite(server.token, base_url=server.url, strict=True, **options),
        )
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(script.run("acme", 30))
    lines = capsys.readouterr().out.splitlines()
    first, second = (parsed("\n".join(half)) for half in (lines[: len(lines) // 2], lines[len(lines) // 2 :]))
    counts = Counter(dict.fromkeys(script.METRICS, 0))
    for (name, _), value in first.items():
        counts[name] += value
    assert sum(counts[name] for name in script.METRICS[:4]) == len(agents)
    assert counts["busy_agents"] == sum(agent.job is not None for agent in agents)
    assert first["idle_agents", "default"] == len(idle)
    assert counts["disconnected_agents"] == 0
    assert counts["waiting_jobs"] >= len(scheduled) > 0
    assert second["disconnected_agents", "default"] == 1
    assert second["paused_agents", "default"] == first["paused_agents", "default"] + 1
    assert second["idle_agents", "default"] == first["idle_agents", "default"] - 2
