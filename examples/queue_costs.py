"""Print the cost of the jobs of an organization, by queue and pipeline.

    python examples/queue_costs.py acme default=0.008 arm=0.01 macos=0.12 --since 2026-02-01 --until 2026-03-01

The token is read from `$BUILDKITE_API_TOKEN`. Prices are those of a minute in which a job runs. The period is that in
which builds were created; all of their finished jobs count, and so do all attempts of retried jobs.
"""

import argparse
import sys
from collections import defaultdict
from datetime import UTC, datetime

from buildkite_rest import Buildkite, BuildkiteError, models


def queue_key(job: models.ScriptJob, keys: dict[str, str]) -> str:
    """Return the key of the queue of a job. `keys` has that of each queue, and of each cluster's default queue."""
    rules = [rule.removeprefix("queue=") for rule in job.agent_query_rules or () if rule.startswith("queue=")]
    agent_queue = job.agent.queue if job.agent else None
    known = (agent_queue, keys.get(job.cluster_queue_id or ""), *rules, keys.get(job.cluster_id or ""))
    return next(filter(None, known), "default")


def main() -> None:
    """Print a line for each queue and pipeline, the most expensive first."""
    parser = argparse.ArgumentParser(description="Print the cost of the jobs of an organization.")
    parser.add_argument("organization")
    parser.add_argument("prices", nargs="+", metavar="queue=price", help="price of a minute in a queue")
    parser.add_argument("--since", type=datetime.fromisoformat, required=True, help="start of the period")
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC), help="end (default: now)")
    options = parser.parse_args()
    prices = {queue: float(price) for queue, _, price in (each.rpartition("=") for each in options.prices)}
    minutes = defaultdict[tuple[str, str], float](float)
    with Buildkite() as bk:
        org = bk.organization(options.organization)
        keys: dict[str, str] = {}
        for cluster in org.clusters.list():
            keys |= {queue.id: queue.key for queue in org.cluster_queues.list(cluster.id)}
            keys[cluster.id] = keys.get(cluster.default_queue_id or "", "")
        for build in org.builds.list_history(
            created_from=options.since.astimezone(), created_to=options.until.astimezone(), include_retried_jobs=True
        ):
            for job in build.jobs or ():
                if job.type == "script" and job.started_at and job.finished_at:
                    pipeline = build.pipeline.slug if build.pipeline else "-"
                    minutes[queue_key(job, keys), pipeline] += (job.finished_at - job.started_at).total_seconds() / 60
    if unknown := {queue for queue, _ in minutes} - prices.keys():
        raise ValueError(f"no price of these queues: {', '.join(sorted(unknown))}. Add queue=price.")
    costs = {key: prices[key[0]] * spent for key, spent in minutes.items()}
    for (queue, pipeline), cost in sorted(costs.items(), key=lambda item: item[1], reverse=True):
        print(f"{cost:12.2f} {minutes[queue, pipeline]:12.1f} min  {queue} {pipeline}")
    print(f"{sum(costs.values()):12.2f} {sum(minutes.values()):12.1f} min")


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, ValueError) as error:
        sys.exit(str(error))
