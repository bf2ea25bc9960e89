"""Builds that are seeded, and those that a test adds with states of its choice. Jobs are made when first read."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from ..._base.states import ACTIVE_STATES, FINISHED_STATES, UNFINISHED_STATES
from ..backend import Backend
from ..ids import Kind, digest, seeded_random
from .agents import Agent, spare_agent
from .annotations import Annotation
from .artifacts import Artifact, ArtifactState, make_artifacts, set_artifacts
from .builds import Build, add_build, exit_status
from .jobs import FAILED_BUILDS, FAILED_JOBS, Job, make_jobs
from .organizations import Organization
from .pipelines import Pipeline
from .steps import BLOCK_STATES, MOST_JOBS, JobState, Step, Trigger, job_count

#: States of the newest builds of `web`, newest first. Older ones are finished.
_NEWEST_STATES = (
    "scheduled", "running", "failing", "creating", "canceling", "waiting", "waiting_failed", "passed", "failed",
    "canceled", "skipped", "not_run",
)  # fmt: skip
_FINISHED_STATES = ("passed",) * 14 + ("failed",) * 4 + ("canceled", "skipped")
#: Builds of `acme` that are not in `web`.
_ELSEWHERE = 40
_SMALLER = ("api", "deploy", "ios", "docs", "nightly")
#: A number that no build of `web` has: real numbers have gaps too.
_GAP = 13
_SECONDS_BETWEEN = 1_800.0
_BRANCHES = ("main",) * 6 + ("feature/login", "feature/search", "dev-ada", "release/1.2")
_MESSAGES = ("Bump the version :tada:", "Fix the login form", "Merge pull request #42", "Größere Schrift", "Deploy")
_SOURCES = ("webhook", "webhook", "webhook", "api", "ui", "schedule")
UNSTARTED = frozenset({"scheduled", "creating", "waiting", "skipped", "not_run"})
#: A blocked build has a `finished_at`.
UNFINISHED = UNFINISHED_STATES - {"blocked"}


def add_builds(backend: Backend, count: int) -> None:
    """Add the builds of both organizations to a backend, oldest first."""
    acme, globex = backend.organizations["acme"], backend.organizations["globex"]
    plan = _plan(acme, count)
    begin = backend.epoch - _SECONDS_BETWEEN * len(plan)
    for position, (pipeline, state) in enumerate(plan):
        _add_build(backend, pipeline, state, begin + _SECONDS_BETWEEN * position)
    for position in range(3):
        _add_build(backend, globex.pipelines["rockets"], "passed", begin + position)
    _assign_agents(acme)


def _plan(acme: Organization, count: int) -> list[tuple[Pipeline, str]]:
    """Return pipeline and state of each build, oldest first."""
    elsewhere = min(_ELSEWHERE, count // 2)
    web = acme.pipelines["web"]
    newest = [(web, state) for state in reversed(_NEWEST_STATES[: count - elsewhere])]
    older = [
        (web, _FINISHED_STATES[number % len(_FINISHED_STATES)]) for number in range(count - elsewhere - len(newest))
    ]
    smaller = [(acme.pipelines[_SMALLER[number % len(_SMALLER)]], number) for number in range(elsewhere)]
    plan = [(acme.pipelines["zoo"], "running"), (acme.pipelines["legacy"], "passed")]
    every = max(1, len(older) // (len(smaller) + 1))
    while older or smaller:
        plan += older[:every]
        del older[:every]
        if smaller:
            pipeline, number = smaller.pop(0)
            plan.append((pipeline, _state_elsewhere(pipeline, number, elsewhere)))
    return [*plan, (acme.pipelines["upkeep"], "scheduled"), *newest]


def _state_elsewhere(pipeline: Pipeline, number: int, count: int) -> str:
    if pipeline.slug == "nightly":
        return "failed"
    if pipeline.slug == "ios":
        return "running" if number >= count - len(_SMALLER) else "passed"
    holds = any(step.type == "manual" for step in pipeline.steps)
    return "blocked" if holds and number % 2 else "passed"


def _add_build(backend: Backend, pipeline: Pipeline, state: str, created_at: float) -> None:
    ordinal = backend.new_number(Kind.BUILD)
    number = pipeline.next_number + (pipeline.slug == "web" and pipeline.next_number == _GAP)
    pipeline.next_number = number + 1
    rng = seeded_random("build", backend.seed, ordinal)
    started_at = None if state in UNSTARTED else created_at + 5
    seconds = rng.uniform(60, 900)
    steps = tuple(pipeline.steps)  # they may change before the jobs are first read
    build = Build(
        id=backend.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=number,
        pipeline=pipeline,
        state=state,
        created_at=created_at,
        scheduled_at=None if state == "creating" else created_at,
        started_at=started_at,
        failing_at=created_at + seconds / 2 if state in {"failing", "failed"} else None,
        finished_at=None if state in UNFINISHED else created_at + seconds,
        fill=lambda build: _jobs_and_annotations(backend, build, steps),
        **_attributes(backend, pipeline, state, rng),
    )
    add_build(backend, build)


def _attributes(backend: Backend, pipeline: Pipeline, state: str, rng: random.Random) -> dict[str, Any]:
    """Return the attributes of a build besides states and times."""
    branch = rng.choice(_BRANCHES)
    source = rng.choice(_SOURCES)
    members = pipeline.organization.members
    person = rng.choice(members)
    author = {"name": person.name, "email": person.email, "username": person.email.split("@")[0]}
    earlier = list(pipeline.builds.values())[-1:] if rng.random() < 0.1 else []
    return {
        "commit": digest("commit", backend.seed, rng.random()),
        "branch": branch,
        "message": rng.choice(_MESSAGES) if rng.random() < 0.95 else None,
        "tag": "v1.2.0" if branch == "release/1.2" else None,
        "source": source,
        "creator": None if source == "schedule" else person,
        "author": author if source == "webhook" else None,
        "env": {"RELEASE": "true"} if branch == "release/1.2" else {},
        "meta_data": {"release": "1.2"} if branch == "release/1.2" else {},
        "pull_request": _pull_request(pipeline, rng) if branch.startswith("feature/") else None,
        "merge_queue": {"base_branch": "main"} if rng.random() < 0.02 else None,
        "cancel_reason": "Canceled from the page of the build" if state in {"canceled", "canceling"} else None,
        "rebuilt_from": earlier[0] if earlier else None,
    }


def _pull_request(pipeline: Pipeline, rng: random.Random) -> dict[str, Any]:
    number = rng.randint(1, 999)
    base = "main" if number % _RELEASES else "release/1.2"
    return {"id": str(number), "base": base, "repository": pipeline.repository}


def _assign_agents(organization: Organization) -> None:
    """Assign running jobs to their agents."""
    for pipeline in organization.pipelines.values():
        for build in pipeline.builds.values():
            for job in build.jobs if build.state in {"running", "failing"} else ():
                if job.state == "running" and job.agent is not None:
                    job.agent.jobs.append(job)


#: By build state: state of the jobs before the first wait or block step, after it, and after the second one.
STAGE_STATES: dict[str, tuple[str, str, str]] = {
    "creating": ("pending", "pending", "pending"),
    "scheduled": ("scheduled", "waiting", "waiting"),
    "waiting": ("waiting", "waiting", "waiting"),
    "running": ("passed", "running", "waiting"),
    "failing": ("running", "waiting", "waiting"),
    "passed": ("passed", "passed", "passed"),
    "failed": ("passed", "waiting_failed", "waiting_failed"),
    "waiting_failed": ("passed", "waiting_failed", "waiting_failed"),
    "canceling": ("passed", "canceling", "canceled"),
    "canceled": ("passed", "canceled", "canceled"),
    "skipped": ("skipped", "skipped", "skipped"),
    "not_run": ("broken", "broken", "broken"),
}
_ENDED = frozenset({"passed", "failed", "timed_out"})
#: States of jobs that an agent has run, or runs.
STARTED = ACTIVE_STATES | _ENDED
#: Share of passed builds with a job that failed at first.
_RETRY_SHARE = 0.2
#: One in so many failed builds has a job that was retried and failed again.
_FAILED_RETRIES = 2
_ANNOTATION_SHARE = 0.3
#: One in so many pull requests is for a release.
_RELEASES = 3
#: States of the artifacts in `zoo`. Deleted ones are never listed.
_ARTIFACT_STATES: tuple[ArtifactState, ...] = ("new", "error", "finished", "expired")


def _jobs_and_annotations(backend: Backend, build: Build, steps: Sequence[Step]) -> tuple[list[Job], list[Annotation]]:
    """Return the jobs and annotations of a seeded build."""
    rng = seeded_random(build.id)
    jobs = make_jobs(backend, build, steps)
    states = _zoo_states(jobs) if build.pipeline.slug == "zoo" else stage_states(build, jobs)
    for job, state in zip(jobs, states, strict=True):
        set_job_state(backend, job, _possible_state(job, state), rng)
    if build.state == "passed" and rng.random() < _RETRY_SHARE:
        last = next(job for job in jobs if job.state == "passed" and job.step.type == "script")
        _fail_at_first(backend, jobs, last, rng)
    elif build.state == "failed" and build.number % _FAILED_RETRIES == 0:
        for last in [job for job in jobs if job.state == "failed" and not job.soft_failed and _status(job)]:
            _fail_at_first(backend, jobs, last, rng)
    return jobs, _annotations(backend, build, jobs, rng)


def _zoo_states(jobs: Iterable[Job]) -> list[str]:
    return [job.step.key or "passed" for job in jobs]


def stage_states(build: Build, jobs: Sequence[Job]) -> list[str]:
    """Return the states of the jobs of a build in its state."""
    if build.state == "blocked":
        return _states_around_a_block([job.step.type for job in jobs])
    course = STAGE_STATES[build.state]
    states: list[str] = []
    fail = build.state in FAILED_BUILDS
    # A running build is past its first wait step, if there is one.
    stage = int(build.state == "running" and all(job.step.type != "waiter" for job in jobs))
    for job in jobs:
        state = course[min(stage, 2)]
        if job.step.type in {"waiter", "manual"}:
            stage += 1
            state = _barrier_state(job, course[min(stage, 2)])
        elif fail and (job.step.key or "").startswith(("lint", "fuzz", "test", "xcode")):
            state, fail = "failed", False
        states.append(state)
    return states


def _states_around_a_block(types: Sequence[str]) -> list[str]:
    """Return the states of jobs that the first block step holds: those before it have passed."""
    before = types.index("manual") if "manual" in types else len(types)
    return (["passed"] * before + ["blocked"] + ["waiting"] * len(types))[: len(types)]


def _barrier_state(job: Job, following: str) -> str:
    if job.step.type == "waiter":
        return {"running": "passed", "canceling": "passed"}.get(following, following)
    return {"passed": "unblocked", "running": "unblocked", "waiting_failed": "blocked_failed"}.get(following, following)


def set_job_state(backend: Backend, job: Job, state: str, rng: random.Random) -> None:
    """Set the state of a job, with the times and results that belong to it."""
    build = job.build
    job.state = state
    if job.step.type in {"waiter", "manual"} or state in BLOCK_STATES:
        if state == "unblocked":
            job.unblocked_by, job.unblocked_at = build.creator, build.created_at + 30
        return
    job.scheduled_at = build.scheduled_at
    if state in {"pending", "waiting", "waiting_failed", "skipped", "broken"}:
        job.broken_reason = "conditional_failed" if state == "broken" else None
        return
    job.runnable_at = build.created_at + 2
    if job.step.concurrency is not None:
        job.concurrency_wait_time_ms = rng.choice((0, 1_500))
    if state in STARTED:
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
        agents = [agent for agent in build.pipeline.organization.agents.values() if _was_there(backend, agent)]
        agents = [agent for agent in agents if agent.queue is job.queue] or agents
        job.agent = rng.choice(agents) if agents else spare_agent(backend, job, job.started_at)
    if job.state == "canceling":
        job.canceling_at = job.started_at + 30
    if job.state == "running" and build.state == "failing":
        job.promised_exit_status, job.promised_exit_status_at = 1, job.started_at + 10


def _was_there(backend: Backend, agent: Agent) -> bool:
    """Return whether an agent is seeded. Hosted agents are created later and must not change the history."""
    return agent.connected_at is not None and agent.connected_at < backend.epoch


def _end(backend: Backend, job: Job, rng: random.Random) -> None:
    job.finished_at = (job.started_at or 0) + rng.uniform(1, 30)
    if job.step.trigger is not None:
        job.triggered = _triggered(backend, job, job.step.trigger)
        return
    job.exit_status = 0
    if job.state != "passed":
        job.exit_status = (_status(job) or rng.choice((1, 2, 127))) if job.state == "failed" else -1
        job.soft_failed = job.step.soft_fail
        job.signal = "SIGTERM" if job.state == "timed_out" else None
    job.artifacts = make_artifacts(backend, job)
    if job.build.pipeline.slug == "zoo":
        job.artifacts = [_artifact_in_state(backend, job, index, state) for index, state in enumerate(_ARTIFACT_STATES)]


def _artifact_in_state(backend: Backend, job: Job, index: int, state: ArtifactState) -> Artifact:
    return Artifact(
        id=backend.artifact_id(job, index),
        path=f"log/{state}.log",
        mime_type="text/plain",
        file_size=1_000,
        state=state,
    )


def _triggered(backend: Backend, job: Job, trigger: Trigger) -> Build | None:
    """Return a build that a trigger job may have created."""
    pipeline = job.build.pipeline.organization.pipelines.get(trigger.pipeline)
    builds = () if pipeline is None else pipeline.builds.values()
    return next((build for build in builds if job.build.created_at <= build.created_at < backend.epoch), None)


def _status(job: Job) -> int:
    """Return the exit status that the command of a job has each time."""
    return exit_status(job.step.command or "")


def _possible_state(job: Job, state: str) -> str:
    """Return the state of a finished job, which has failed if its command cannot pass."""
    return "failed" if state == "passed" and _status(job) else state


def _fail_at_first(backend: Backend, jobs: list[Job], last: Job, rng: random.Random) -> None:
    """Insert a failed attempt before the last attempt of a job."""
    first = make_jobs(backend, last.build, [last.step])[0]
    first.index = len(jobs)
    first.id = backend.job_id(last.build, first.index)
    set_job_state(backend, first, "failed", rng)
    first.retried_in, first.retry_type, first.retried_by = last, "manual", last.build.creator
    last.retry_of, last.retries_count = first, 1
    jobs.insert(jobs.index(last), first)


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


BuildState: TypeAlias = Literal[
    "creating", "scheduled", "waiting", "running", "failing", "passed", "failed", "waiting_failed", "blocked",
    "canceling", "canceled", "skipped", "not_run",
]  # fmt: skip
#: Seconds from the start to the end of a build. Its jobs take at most 55.
_SECONDS = 60
#: Characters of a name in a message.
_LONGEST = 60
_SOFT_FAILURES = frozenset({"failed", "timed_out"})
#: States of jobs that a block step may hold.
_HELD = frozenset({"pending", "waiting", "blocked"})
#: States of jobs that an agent never runs. A block step has one of them, or one of its own.
_NOT_RUN = frozenset({"pending", "waiting", "waiting_failed", "canceled", "skipped", "broken"})


def state_of(job_states: Iterable[str]) -> BuildState:
    """Return the state of a build whose jobs have these states."""
    states = set(job_states)
    failed, open_states = bool(states & FAILED_JOBS), states - FINISHED_STATES
    if "blocked" in states and open_states <= _HELD:
        return "blocked"
    if "canceling" in states:
        return "canceling"
    if open_states:
        return "failing" if failed else "running" if states & (STARTED | {"unblocked"}) else "scheduled"
    if failed:
        return "failed"
    if "canceled" in states:
        return "canceled"
    return "not_run" if states == {"broken"} else "passed"


def _soft_steps(pipeline: Pipeline) -> set[str | None]:
    """Return the keys and labels of steps whose failure does not fail the build."""
    return {name for step in pipeline.steps if step.soft_fail for name in (step.key, step.name)}


def _inferred_state(pipeline: Pipeline, jobs: Mapping[str, JobState]) -> BuildState:
    soft = _soft_steps(pipeline)
    return state_of("passed" if name in soft and state in _SOFT_FAILURES else state for name, state in jobs.items())


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
        ValueError: No build in this state has such jobs, there are too many, or a name is not that of one step.
    """
    if state is None:
        state = _inferred_state(pipeline, jobs) if jobs else "passed"
    steps = [*pipeline.steps] if jobs is None else _steps(backend, pipeline, jobs)
    if jobs is None and state == "blocked" and all(step.type != "manual" for step in steps):
        steps.append(Step(type="manual", id=backend.new_id(Kind.STEP), key="block", name="Block"))
    if job_count(steps) > MOST_JOBS:
        raise ValueError(f"a build has at most {MOST_JOBS} jobs; pass fewer")
    if created_at is None:
        created_at = backend.clock() - _SECONDS
    ordinal = backend.new_number(Kind.BUILD)
    build = Build(
        id=backend.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=pipeline.next_number,
        pipeline=pipeline,
        state=state,
        created_at=created_at,
        scheduled_at=None if state == "creating" else created_at,
        started_at=None if state in UNSTARTED else created_at + 5,
        failing_at=created_at + _SECONDS / 2 if state in {"failing", "failed"} else None,
        finished_at=None if state in UNFINISHED else created_at + _SECONDS,
        contents=(list[Job](), list[Annotation]()),
        commit=commit or digest("commit", backend.seed, ordinal),
        **attributes,
    )
    pipeline.next_number += 1
    _add_jobs(backend, build, steps, jobs)
    add_build(backend, build)
    return build


def _add_jobs(backend: Backend, build: Build, steps: Sequence[Step], states: Mapping[str, JobState] | None) -> None:
    rng = seeded_random(build.id)
    build.jobs.extend(make_jobs(backend, build, steps))
    if states is None:
        chosen = _states_with_a_failure(build)
    else:  # a step may have several jobs
        state_by_step = dict(zip((step.id for step in steps), states.values(), strict=True))
        chosen = [state_by_step[job.step.id] for job in build.jobs]
    for job, state in zip(build.jobs, chosen, strict=True):
        set_job_state(backend, job, state, rng)


def _steps(backend: Backend, pipeline: Pipeline, jobs: Mapping[str, JobState]) -> list[Step]:
    """Return the step of each job. `jobs` must not name a step twice."""
    steps: dict[str, str] = {}
    found: list[Step] = []
    for name, state in jobs.items():
        step = _step(backend, pipeline, name, state)
        other = steps.setdefault(step.id, name)
        if other != name:
            raise ValueError(f"jobs has a step twice: {other[:_LONGEST]!r} and {name[:_LONGEST]!r}; leave out one")
        found.append(step)
    return found


def _step(backend: Backend, pipeline: Pipeline, name: str, state: JobState) -> Step:
    """Return the step of the pipeline with a key, or else with a label, or else a new one."""
    named = [step for step in pipeline.steps if step.key == name]
    named = named or [step for step in pipeline.steps if step.name == name]
    if len(named) > 1:
        raise ValueError(f"{len(named)} steps have the label {name[:_LONGEST]!r}; use their keys in jobs")
    if named:
        is_block = named[0].type == "manual"
        if (state in BLOCK_STATES) != is_block and not (is_block and state in _NOT_RUN):
            article = "a" if is_block else "not a"
            raise ValueError(f"the job {name[:_LONGEST]!r} cannot be {state}: its step is {article} block step")
        return named[0]
    kind: Literal["manual", "script"] = "manual" if state in BLOCK_STATES else "script"
    command = None if kind == "manual" else f"bin/{name}"
    return Step(type=kind, id=backend.new_id(Kind.STEP), key=name, name=name, command=command)


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
        ValueError: There is no such job or there are several, or its state contradicts a result.
    """
    found = [job for job in build.current_jobs if name in {job.id, job.step.key, job.step.name}]
    if len(found) != 1:
        raise ValueError(f"{len(found)} jobs of build {build.number} are {name[:_LONGEST]!r}; pass the id of a job")
    [job] = found
    if exit_status is not None:
        if job.state != "failed":
            raise ValueError(f"exit_status is only for a failed job; {name[:_LONGEST]!r} is {job.state}")
        job.exit_status = exit_status
    if seconds is not None:
        if job.started_at is None or job.finished_at is None:
            raise ValueError(f"seconds is only for a job that has run and finished; {name[:_LONGEST]!r} is {job.state}")
        if job.started_at + seconds > backend.clock():
            raise ValueError(f"{name[:_LONGEST]!r} would finish in the future; pass an earlier created_at to add_build")
        job.finished_at = job.started_at + seconds
        build.finished_at = build.finished_at and max(build.finished_at, job.finished_at)
    if log is not None:
        job.log = log
    if artifacts is not None:
        set_artifacts(backend, job, artifacts)


def _states_with_a_failure(build: Build) -> list[str]:
    states = stage_states(build, build.jobs)
    scripts = [index for index, job in enumerate(build.jobs) if job.step.type == "script"]
    if build.state in FAILED_BUILDS and scripts and "failed" not in states:
        states[scripts[0]] = "failed"
    return states
