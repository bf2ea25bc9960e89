"""Builds in given states: those that are seeded, and those that a test adds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any, Literal, TypeAlias

from ..._base.states import ACTIVE_STATES, FINISHED_STATES, UNFINISHED_STATES
from ..backend import Backend
from ..ids import Kind, digest, seeded_random
from .agents import spare_agent
from .annotations import Annotation
from .artifacts import make_artifacts, new_artifact
from .builds import Build, Contents, add_build, exit_status
from .jobs import FAILED_BUILDS, FAILED_JOBS, Job, make_jobs, new_attempt
from .organizations import Organization
from .pipelines import Pipeline
from .steps import BLOCK_STATES, MOST_JOBS, JobState, Step, Trigger, job_count

BuildState: TypeAlias = Literal[
    "creating", "scheduled", "waiting", "running", "failing", "passed", "failed", "waiting_failed", "blocked",
    "canceling", "canceled", "skipped", "not_run",
]  # fmt: skip
_UNSTARTED = frozenset({"scheduled", "creating", "waiting", "skipped", "not_run"})
#: A blocked build has a `finished_at`.
_UNFINISHED = UNFINISHED_STATES - {"blocked"}
_SECONDS_BETWEEN = 1_800.0
#: Most seeded builds of the pipelines that have some.
_SOME = 38
_BRANCHES = ("main",) * 6 + ("feature/login", "feature/search", "dev-ada", "release/1.2")
_MESSAGES = ("Bump the version :tada:", "Fix the login form", "Merge pull request #42", "Größere Schrift", "Deploy")
_SOURCES = ("webhook", "webhook", "webhook", "api", "ui", "schedule")


def add_builds(
    backend: Backend, organization: Organization, plan: Mapping[str, list[tuple[str, str]]], count: int
) -> None:
    """Add builds of an organization, oldest first. A plan has the slug of a pipeline and a state for each build."""
    newest = plan.get("newest", [])
    some = [*islice(cycle(plan.get("some", ())), min(_SOME, count // 2))]
    entries = [*islice(cycle(plan.get("most", ())), max(0, count - len(some) - len(newest)))]
    distance = 1 + max(1, len(entries) // (len(some) + 1))
    for number, entry in enumerate(some, 1):
        entries.insert(number * distance - 1, entry)
    entries = [*plan["always"], *entries, *newest[max(0, len(newest) + len(some) - count) :]]
    begin = backend.epoch - _SECONDS_BETWEEN * len(entries)
    for position, (slug, state) in enumerate(entries):
        pipeline = organization.pipelines[slug]
        rng = seeded_random("build", backend.seed, len(backend.builds) + 1)
        _add(
            backend,
            pipeline,
            state=state,
            created_at=begin + _SECONDS_BETWEEN * position,
            seconds=rng.uniform(60, 900),
            fill=partial(_seeded_contents, backend, pipeline.steps),
            **_attributes(backend, pipeline, state, rng),
        )


def _add(
    backend: Backend,
    pipeline: Pipeline,
    *,
    state: str,
    created_at: float,
    seconds: float,
    fill: Callable[[Build], Contents],
    **attributes: Any,
) -> Build:
    """Add a build that stays in its state until a request changes it."""
    build = add_build(
        backend,
        pipeline,
        state=state,
        created_at=created_at,
        scheduled_at=None if state == "creating" else created_at,
        started_at=None if state in _UNSTARTED else created_at + 5,
        failing_at=created_at + seconds / 2 if state in {"failing", "failed"} else None,
        finished_at=None if state in _UNFINISHED else created_at + seconds,
        fill=fill,
        **attributes,
    )
    if state in ACTIVE_STATES:
        build.contents()  # agents show its jobs
    return build


def _attributes(backend: Backend, pipeline: Pipeline, state: str, rng: random.Random) -> dict[str, Any]:
    """Return the attributes of a build besides states and times."""
    branch, source = rng.choice(_BRANCHES), rng.choice(_SOURCES)
    person = rng.choice(pipeline.organization.members)
    author = {"name": person.name, "email": person.email, "username": person.email.split("@")[0]}
    is_release = branch == "release/1.2"
    earlier = list(pipeline.builds.values())[-1:] if rng.random() < 0.1 else []
    return {
        "commit": digest("commit", backend.seed, rng.random()),
        "branch": branch,
        "message": rng.choice(_MESSAGES) if rng.random() < 0.95 else None,
        "tag": "v1.2.0" if is_release else None,
        "source": source,
        "creator": None if source == "schedule" else person,
        "author": author if source == "webhook" else None,
        "env": {"RELEASE": "true"} if is_release else {},
        "meta_data": {"release": "1.2"} if is_release else {},
        "pull_request": _pull_request(pipeline, rng.randint(1, 999)) if branch.startswith("feature/") else None,
        "merge_queue": {"base_branch": "main"} if rng.random() < 0.02 else None,
        "cancel_reason": "Canceled from the page of the build" if state in {"canceled", "canceling"} else None,
        "rebuilt_from": earlier[0] if earlier else None,
    }


def _pull_request(pipeline: Pipeline, number: int) -> dict[str, Any]:
    return {"id": str(number), "base": "main" if number % 3 else "release/1.2", "repository": pipeline.repository}


#: By build state: state of the jobs before the first wait or block step, after it, and after the second one.
_STAGES: dict[str, tuple[str, str, str]] = {
    "creating": ("pending", "pending", "pending"),
    "scheduled": ("scheduled", "waiting", "waiting"),
    "waiting": ("waiting", "waiting", "waiting"),
    "running": ("passed", "running", "waiting"),
    "failing": ("running", "waiting", "waiting"),
    "passed": ("passed", "passed", "passed"),
    "failed": ("passed", "waiting_failed", "waiting_failed"),
    "waiting_failed": ("passed", "waiting_failed", "waiting_failed"),
    "blocked": ("passed", "waiting", "waiting"),
    "canceling": ("passed", "canceling", "canceled"),
    "canceled": ("passed", "canceled", "canceled"),
    "skipped": ("skipped", "skipped", "skipped"),
    "not_run": ("broken", "broken", "broken"),
}
#: States of wait and block steps before jobs in these states.
_BARRIERS = {
    "waiter": {"running": "passed", "canceling": "passed"},
    "manual": {"passed": "unblocked", "running": "unblocked", "waiting_failed": "blocked_failed"},
}
_ENDED = frozenset({"passed", "failed", "timed_out"})
#: States of jobs that an agent has run, or runs.
_STARTED = ACTIVE_STATES | _ENDED
_UNSCHEDULED = frozenset({"pending", "waiting", "waiting_failed", "skipped", "broken"})
_RETRIED_SHARE = 0.2
_ANNOTATION_SHARE = 0.3
#: States of the artifacts in `zoo`. Deleted ones are never listed.
_ARTIFACT_STATES = ("new", "error", "finished", "expired")


def _seeded_contents(backend: Backend, steps: Sequence[Step], build: Build) -> Contents:
    """Return the jobs and annotations of a seeded build. In `zoo` there is a job in each state, named after it."""
    rng = seeded_random(build.id)
    is_zoo = build.pipeline.slug == "zoo"
    states = {step.id: step.key or "" for step in steps} if is_zoo else None
    jobs = _jobs_in_states(backend, build, steps, states, rng)
    for job in jobs if is_zoo else ():
        if job.state in _ENDED:
            job.artifacts = [
                new_artifact(backend, job, index, f"log/{state}.txt", file_size=1_000, state=state)
                for index, state in enumerate(_ARTIFACT_STATES)
            ]
    if build.state in {"passed", "failed"} and rng.random() < _RETRIED_SHARE:
        first = next(job for job in jobs if job.step.type == "script" and job.state == build.state)
        _set_state(backend, first, "failed", rng)
        again = new_attempt(backend, first, jobs, build.creator, build.created_at)
        _set_state(backend, again, build.state, rng)
    return jobs, _annotations(backend, build, jobs, rng)


def _jobs_in_states(
    backend: Backend, build: Build, steps: Sequence[Step], states: Mapping[str, str] | None, rng: random.Random
) -> list[Job]:
    """Return jobs in the states of their steps, or else in states that suit that of the build."""
    jobs = make_jobs(backend, build, steps)
    chosen = _suitable_states(build, jobs) if states is None else [states[job.step.id] for job in jobs]
    for job, state in zip(jobs, chosen, strict=True):
        _set_state(backend, job, state, rng)
    return jobs


def _suitable_states(build: Build, jobs: Sequence[Job]) -> list[str]:
    types = [job.step.type for job in jobs]
    barriers = {"manual"} if build.state == "blocked" else {"manual", "waiter"}
    # A running build is past its first wait step, if there is one.
    stage = int(build.state == "running" and "waiter" not in types)
    states: list[str] = []
    for kind in types:
        stage += kind in barriers
        state = _STAGES[build.state][min(stage, 2)]
        states.append(_BARRIERS.get(kind, {}).get(state, state))
    if build.state == "blocked" and "manual" in types:
        states[types.index("manual")] = "blocked"
    if build.state in FAILED_BUILDS:
        scripts = [index for index, kind in enumerate(types) if kind == "script"]
        started = [index for index in scripts if states[index] in _STARTED]
        named = [index for index in started if jobs[index].step.key is not None]
        first = [*named, *started, *scripts][:1]
        for index in {*first, *(index for index in started if exit_status(jobs[index].step.command or ""))}:
            states[index] = "failed"
    return states


def _set_state(backend: Backend, job: Job, state: str, rng: random.Random) -> None:
    """Set the state of a job, with the times and results that belong to it."""
    build, job.state = job.build, state
    if state == "unblocked":
        job.unblocked_by, job.unblocked_at = build.creator, build.created_at + 30
    if job.step.type in {"waiter", "manual"}:
        return
    job.scheduled_at = build.scheduled_at
    job.broken_reason = "conditional_failed" if state == "broken" else None
    if state in _UNSCHEDULED:
        return
    job.runnable_at = build.created_at + 2
    if job.step.concurrency is not None:
        job.concurrency_wait_time_ms = rng.choice((0, 1_500))
    if state in _STARTED:
        _start(backend, job, rng)
    if state in _ENDED:
        _end(backend, job, rng)
    elif state in {"canceled", "expired"}:
        job.finished_at = build.finished_at or build.created_at + 600
        job.expired_at = job.finished_at if state == "expired" else None


def _start(backend: Backend, job: Job, rng: random.Random) -> None:
    build = job.build
    job.started_at = (build.started_at or build.created_at) + rng.uniform(0, 20)
    if job.step.type == "script":
        # Those that were there: what happens later does not change the history.
        agents = [
            agent
            for agent in build.pipeline.organization.agents.values()
            if agent.queue is job.queue and agent.connected_at is not None and agent.connected_at < backend.epoch
        ]
        job.agent = rng.choice(agents) if agents else spare_agent(backend, job, job.started_at)
        if job.state == "running":
            job.agent.jobs.append(job)
    if job.state == "canceling":
        job.canceling_at = job.started_at + 30
    if job.state == "running" and build.state == "failing":
        job.promised_exit_status, job.promised_exit_status_at = 1, job.started_at + 10


def _end(backend: Backend, job: Job, rng: random.Random) -> None:
    job.finished_at = (job.started_at or 0) + rng.uniform(1, 30)
    if job.step.trigger is not None:
        job.triggered = _triggered(backend, job, job.step.trigger)
        return
    job.exit_status = 0
    if job.state != "passed":
        failure = exit_status(job.step.command or "") or rng.choice((1, 2, 127))
        job.exit_status = failure if job.state == "failed" else -1
        job.soft_failed = job.step.soft_fail
        job.signal = "SIGTERM" if job.state == "timed_out" else None
    job.artifacts = make_artifacts(backend, job)


def _triggered(backend: Backend, job: Job, trigger: Trigger) -> Build | None:
    """Return a build that a trigger job may have created."""
    pipeline = job.build.pipeline.organization.pipelines.get(trigger.pipeline)
    builds = () if pipeline is None else pipeline.builds.values()
    return next((build for build in builds if job.build.created_at <= build.created_at < backend.epoch), None)


def _annotations(backend: Backend, build: Build, jobs: list[Job], rng: random.Random) -> list[Annotation]:
    notes: list[tuple[str, str, int, str, Job | None]] = []
    failed = [job for job in jobs if job.state == "failed" and job.retried_in is None]
    if rng.random() < _ANNOTATION_SHARE:
        notes.append(("coverage", "info", 3, "Coverage: 91.4 %", None))
    if failed:
        notes.append(("failures", "error", 10, f"**{len(failed)}** of {len(jobs)} jobs failed", None))
    notes += [("job-log", "warning", 3, "See the log", job) for job in failed]
    return [
        Annotation(
            id=backend.ids.make(Kind.SEEDED_ANNOTATION, build.ordinal << 16 | index),
            context=context,
            style=style,
            priority=priority,
            body=body,
            created_at=build.created_at + 120 + index,
            updated_at=build.created_at + 150 + index,
            job=job,
        )
        for index, (context, style, priority, body, job) in enumerate(notes)
    ]


#: Seconds from the start to the end of a build that a test adds. Its jobs take at most 55.
_SECONDS = 60
#: Characters of a name in a message.
_LONGEST = 60
_SOFT_FAILURES = frozenset({"failed", "timed_out"})
#: States of jobs that an agent never runs. A block step has one of them, or one of its own.
_NOT_RUN = _UNSCHEDULED | {"canceled"}
#: States of jobs that a block step may hold.
_HELD = frozenset({"pending", "waiting", "blocked"})


def state_of(job_states: Iterable[str]) -> BuildState:
    """Return the state of a build whose jobs have these states."""
    states = set(job_states)
    failed, open_states = bool(states & FAILED_JOBS), states - FINISHED_STATES
    if "blocked" in states and open_states <= _HELD:
        return "blocked"
    if "canceling" in states:
        return "canceling"
    if open_states:
        return "failing" if failed else "running" if states & (_STARTED | {"unblocked"}) else "scheduled"
    if failed:
        return "failed"
    if "canceled" in states:
        return "canceled"
    return "not_run" if states == {"broken"} else "passed"


def add_build_in_state(
    backend: Backend,
    pipeline: Pipeline,
    *,
    state: BuildState | None,
    jobs: Mapping[str, JobState] | None,
    created_at: float | None,
    commit: str | None,
    **attributes: Any,
) -> Build:
    """Add a build that stays in its state until a request changes it.

    Its jobs are those of the pipeline, in states that suit the build, or else `jobs`.

    Raises:
        ValueError: A step cannot have its state, or there are too many jobs.
    """
    steps = [*pipeline.steps] if jobs is None else [_step(backend, pipeline, *job) for job in jobs.items()]
    states = None if jobs is None else dict(zip((step.id for step in steps), jobs.values(), strict=True))
    if state is None:
        soft = {step.id for step in steps if step.soft_fail}
        state = state_of(
            "passed" if step in soft and of_job in _SOFT_FAILURES else of_job for step, of_job in (states or {}).items()
        )
    if jobs is None and state == "blocked" and all(step.type != "manual" for step in steps):
        steps.append(Step(type="manual", id=backend.new_id(Kind.STEP), key="block", name="Block"))
    if job_count(steps) > MOST_JOBS:
        raise ValueError(f"a build has at most {MOST_JOBS} jobs; pass fewer")
    build = _add(
        backend,
        pipeline,
        state=state,
        created_at=backend.clock() - _SECONDS if created_at is None else created_at,
        seconds=_SECONDS,
        fill=lambda build: (_jobs_in_states(backend, build, steps, states, seeded_random(build.id)), []),
        commit=commit or digest("commit", pipeline.id, pipeline.next_number),
        **attributes,
    )
    build.contents()
    return build


def _step(backend: Backend, pipeline: Pipeline, name: str, state: JobState) -> Step:
    """Return the step of the pipeline with a key, or else with a label, or else a new one."""
    is_block = state in BLOCK_STATES
    named = [step for step in pipeline.steps if step.key == name]
    named += [step for step in pipeline.steps if step.name == name]
    if not named:
        kind: Literal["manual", "script"] = "manual" if is_block else "script"
        command = None if is_block else f"bin/{name}"
        return Step(type=kind, id=backend.new_id(Kind.STEP), key=name, name=name, command=command)
    if (named[0].type == "manual") != is_block and state not in _NOT_RUN:
        raise ValueError(f"the job {name[:_LONGEST]!r} cannot be {state}: its step is {named[0].type}")
    return named[0]


def set_job(
    backend: Backend,
    build: Build,
    name: str,
    *,
    exit_status: int | None,
    seconds: float | None,
    log: bytes | None,
    artifacts: Mapping[str, bytes] | None,
) -> None:
    """Set the results of the job with an id, a key or a label.

    Raises:
        ValueError: There is no such job or there are several, or it has no duration.
    """
    found = [job for job in build.current_jobs if name in {job.id, job.step.key, job.step.name}]
    if len(found) != 1:
        raise ValueError(f"{len(found)} jobs of build {build.number} are {name[:_LONGEST]!r}; pass the id of a job")
    [job] = found
    if exit_status is not None:
        job.exit_status = exit_status
    if seconds is not None:
        if job.started_at is None or job.finished_at is None:
            raise ValueError(f"seconds is only for a job that has run and finished; {name[:_LONGEST]!r} is {job.state}")
        job.finished_at = job.started_at + seconds
        build.finished_at = build.finished_at and max(build.finished_at, job.finished_at)
    if log is not None:
        job.log = log
    if artifacts is not None:
        job.artifacts = [
            new_artifact(backend, job, index, path, file_size=len(content), content=content)
            for index, (path, content) in enumerate(artifacts.items())
        ]
