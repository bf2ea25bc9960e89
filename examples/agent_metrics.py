"""Print the agents and the waiting jobs of each queue, in the text format of Prometheus.

    python examples/agent_metrics.py acme --every 60

The token is read from `$BUILDKITE_API_TOKEN`. There is one sample unless `--every` is set. The API lists agents only
while they are connected, so those that the previous sample had and this one lacks are the disconnected ones. A waiting
job is a scheduled one. Requests slow down before a rate limit is exhausted.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter

from buildkite_rest import AsyncBuildkite, BuildkiteError, RateLimitPacing, models

METRICS = ("idle_agents", "busy_agents", "paused_agents", "stopping_agents", "disconnected_agents", "waiting_jobs")


def queue_key(job: models.ScriptJob, keys: dict[str, str]) -> str:
    """Return the key of the queue of a job. `keys` has that of each queue, and of each cluster's default queue."""
    rules = [rule.removeprefix("queue=") for rule in job.agent_query_rules or () if rule.startswith("queue=")]
    agent_queue = job.agent.queue if job.agent else None
    known = (agent_queue, keys.get(job.cluster_queue_id or ""), *rules, keys.get(job.cluster_id or ""))
    return next(filter(None, known), "default")


async def sample(bk: AsyncBuildkite, org: str, known: dict[str, str], keys: dict[str, str]) -> str:
    """Return the lines of a sample. `known` has the queues of the agents of the previous sample, then of this one."""
    agents = {agent.id: agent async for agent in bk.agents.list(org)}
    counts = Counter(("disconnected_agents", known.pop(gone)) for gone in known.keys() - agents.keys())
    known |= {agent.id: agent.queue or "unknown" for agent in agents.values()}
    for agent in agents.values():
        free = "stopping" if agent.connection_state == "stopping" else "paused" if agent.paused else "idle"
        counts[f"{free if agent.job is None else 'busy'}_agents", known[agent.id]] += 1
    async for build in bk.builds.list_for_organization(org, state=["scheduled", "running", "failing"]):
        waiting = [job for job in build.jobs or () if job.type == "script" and job.state == "scheduled"]
        counts.update(("waiting_jobs", queue_key(job, keys)) for job in waiting)
    series = [(name, queue) for name in METRICS for queue in sorted({queue for _, queue in counts})]
    return "\n".join(f"buildkite_{name}{{queue={json.dumps(queue)}}} {counts[name, queue]}" for name, queue in series)


async def run(organization: str, every: float | None) -> None:
    """Print one sample, or one every so many seconds."""
    known: dict[str, str] = {}
    keys: dict[str, str] = {}
    async with AsyncBuildkite(pacing=RateLimitPacing()) as bk:
        async for cluster in bk.clusters.list(organization):
            keys |= {queue.id: queue.key async for queue in bk.cluster_queues.list(organization, cluster.id)}
            keys[cluster.id] = keys.get(cluster.default_queue_id or "", "")
        print(await sample(bk, organization, known, keys), flush=True)
        while every is not None:
            await asyncio.sleep(min(max(1, every), 86400))
            print(await sample(bk, organization, known, keys), flush=True)


def main() -> None:
    """Parse the command line and print samples."""
    parser = argparse.ArgumentParser(description="Print the agents and the waiting jobs of each queue.")
    parser.add_argument("organization")
    parser.add_argument("--every", type=float, help="seconds between samples, 1 to 86400 (default: one sample)")
    asyncio.run(run(**vars(parser.parse_args())))


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, ValueError) as error:
        sys.exit(str(error))
