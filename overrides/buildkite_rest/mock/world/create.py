"""How builds, their jobs and agents come into being."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..ids import Kind
from .agents import Agent
from .builds import Build, Job
from .pipelines import Pipeline, Step
from .queues import Queue

if TYPE_CHECKING:
    from .accounts import Organization
    from .world import World

#: Jobs that one build may have.
MOST_JOBS = 500


def new_build(world: World, pipeline: Pipeline, now: float, *, commit: str, branch: str, **attributes: Any) -> Build:
    """Create a build with all its jobs, none of them let go yet."""
    ordinal = world.new_number(Kind.BUILD)
    build = Build(
        id=world.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=pipeline.next_number,
        pipeline=pipeline,
        state="scheduled",
        commit=commit,
        branch=branch,
        created_at=now,
        scheduled_at=now,
        pace=world.pace(pipeline.steps),
        contents=([], []),
        **attributes,
    )
    pipeline.next_number += 1
    build.jobs.extend(make_jobs(world, build, pipeline.steps))
    world.add_build(build)
    world.animate(build)
    return build


def make_jobs(world: World, build: Build, steps: Iterable[Step]) -> list[Job]:
    """Return the jobs of the steps, in order, all of them waiting."""
    jobs: list[Job] = []
    for step in steps:
        queue = _queue(build.pipeline, step)
        for parallel_index, matrix in _runs(step):
            job = Job(
                id=world.job_id(build, len(jobs)),
                index=len(jobs),
                build=build,
                step=step,
                state="waiting",
                created_at=build.created_at,
                queue=queue,
                parallel_index=parallel_index,
                matrix=matrix,
            )
            jobs.append(job)
    return jobs


def job_count(steps: Iterable[Step]) -> int:
    """Return how many jobs the steps give."""
    return sum(step.parallelism or len(step.matrix) or 1 for step in steps)


def _runs(step: Step) -> list[tuple[int | None, Mapping[str, str] | None]]:
    if step.parallelism:
        return [(index, None) for index in range(step.parallelism)]
    if step.matrix:
        return [(None, values) for values in step.matrix]
    return [(None, None)]


def _queue(pipeline: Pipeline, step: Step) -> Queue | None:
    """Return the queue that a step asks for, in the pipeline's cluster or, if that is unknown, in the first one."""
    clusters = pipeline.organization.clusters
    cluster = clusters.get(pipeline.cluster_id or "") or next(iter(clusters.values()), None)
    if step.type != "script" or cluster is None:
        return None
    keys = [rule.removeprefix("queue=") for rule in step.agent_query_rules if rule.startswith("queue=")]
    return cluster.queue_with_key(keys[0]) if keys else cluster.default_queue


def serving_queue(job: Job) -> Queue | None:
    """Return the queue whose agents take a job: its own, or any if it has none."""
    clusters = job.build.pipeline.organization.clusters.values()
    return job.queue or next((queue for cluster in clusters for queue in cluster.queues.values()), None)


def spare_agent(world: World, job: Job, now: float) -> Agent:
    """Return an agent that can take a job: a free one of its queue, a busy one, or else a new hosted one."""
    organization = job.build.pipeline.organization
    queue = serving_queue(job)
    if queue is None:
        raise LookupError("a job without a queue gets no agent")
    able = [agent for agent in organization.agents.values() if agent.takes_jobs and agent.queue is job.queue]
    free = [agent for agent in able if agent.job is None]
    for candidates in (free, able):
        if candidates:
            return candidates[job.index % len(candidates)]
    return _hosted_agent(world, organization, queue, now)


def _hosted_agent(world: World, organization: Organization, queue: Queue, now: float) -> Agent:
    number = world.new_number(Kind.AGENT)
    agent = Agent(
        id=world.ids.make(Kind.AGENT, number),
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
    )
    organization.agents[agent.id] = agent
    return agent
