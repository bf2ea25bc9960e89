"""The builds: how many each pipeline has, in which states, and what is known about each."""

from __future__ import annotations

import random
from typing import Any

from ..ids import Kind, chance, digest
from ..world.accounts import Organization
from ..world.builds import Build
from ..world.pipelines import Pipeline
from ..world.world import World
from .accounts import EPOCH
from .contents import fill

#: States of the newest builds of `web`, newest first; older ones are finished.
_NEWEST = (
    "scheduled", "running", "failing", "creating", "canceling", "waiting", "waiting_failed", "passed", "failed",
    "canceled", "skipped", "not_run",
)  # fmt: skip
_FINISHED = ("passed",) * 14 + ("failed",) * 4 + ("canceled", "skipped")
#: Builds of `acme` that are not in `web`.
_ELSEWHERE = 40
_SMALLER = ("api", "deploy", "ios", "docs", "nightly")
#: A number that no build of `web` has. Real numbers have gaps too.
_GAP = 13
_SECONDS_BETWEEN = 1_800.0
_BRANCHES = ("main",) * 6 + ("feature/login", "feature/search", "dev-ada", "release/1.2")
_MESSAGES = ("Bump the version :tada:", "Fix the login form", "Merge pull request #42", "Größere Schrift", "Deploy")
_SOURCES = ("webhook", "webhook", "webhook", "api", "ui", "schedule")
_UNSTARTED = frozenset({"scheduled", "creating", "waiting", "skipped", "not_run"})
_UNFINISHED = frozenset({"scheduled", "creating", "waiting", "running", "failing", "canceling"})


def add_builds(world: World, count: int) -> None:
    """Add the builds of both organizations to a world, oldest first."""
    acme, globex = world.organizations["acme"], world.organizations["globex"]
    plan = _plan(acme, count)
    begin = EPOCH - _SECONDS_BETWEEN * len(plan)
    for position, (pipeline, state) in enumerate(plan):
        _add(world, pipeline, state, begin + _SECONDS_BETWEEN * position)
    for position in range(3):
        _add(world, globex.pipelines["rockets"], "passed", begin + position)
    _employ_agents(acme)


def _plan(acme: Organization, count: int) -> list[tuple[Pipeline, str]]:
    """Return pipelines and states of builds in the order in which they were created."""
    elsewhere = min(_ELSEWHERE, count // 2)
    web = acme.pipelines["web"]
    newest = [(web, state) for state in reversed(_NEWEST[: count - elsewhere])]
    older = [(web, _FINISHED[number % len(_FINISHED)]) for number in range(count - elsewhere - len(newest))]
    smaller = [(acme.pipelines[_SMALLER[number % len(_SMALLER)]], number) for number in range(elsewhere)]
    plan = [(acme.pipelines["zoo"], "running"), (acme.pipelines["legacy"], "passed")]
    every = max(1, len(older) // (len(smaller) + 1))
    while older or smaller:
        plan += older[:every]
        del older[:every]
        if smaller:
            pipeline, number = smaller.pop(0)
            plan.append((pipeline, _state_elsewhere(pipeline, number)))
    return [*plan, (acme.pipelines["upkeep"], "scheduled"), *newest]


def _state_elsewhere(pipeline: Pipeline, number: int) -> str:
    if pipeline.slug == "nightly":
        return "failed"
    if pipeline.slug == "ios":
        return "running" if number >= _ELSEWHERE - len(_SMALLER) else "passed"
    holds = any(step.type == "manual" for step in pipeline.steps)
    return "blocked" if holds and number % 2 else "passed"


def _add(world: World, pipeline: Pipeline, state: str, created_at: float) -> None:
    ordinal = world.new_number(Kind.BUILD)
    number = pipeline.next_number + (pipeline.slug == "web" and pipeline.next_number == _GAP)
    pipeline.next_number = number + 1
    luck = chance("build", world.seed, ordinal)
    started_at = None if state in _UNSTARTED else created_at + 5
    seconds = luck.uniform(60, 900)
    build = Build(
        id=world.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=number,
        pipeline=pipeline,
        state=state,
        created_at=created_at,
        scheduled_at=None if state == "creating" else created_at,
        started_at=started_at,
        failing_at=created_at + seconds / 2 if state in {"failing", "failed"} else None,
        finished_at=None if state in _UNFINISHED else created_at + seconds,
        fill=lambda build: fill(world, build),
        **_story(world, pipeline, state, luck),
    )
    world.add_build(build)


def _story(world: World, pipeline: Pipeline, state: str, luck: random.Random) -> dict[str, Any]:
    """Return what is known about a build besides its course."""
    branch = luck.choice(_BRANCHES)
    source = luck.choice(_SOURCES)
    members = pipeline.organization.members
    person = luck.choice(members)
    author = {"name": person.name, "email": person.email, "username": person.email.split("@")[0]}
    earlier = list(pipeline.builds.values())[-1:] if luck.random() < 0.1 else []
    return {
        "commit": digest("commit", world.seed, luck.random()),
        "branch": branch,
        "message": luck.choice(_MESSAGES) if luck.random() < 0.95 else None,
        "tag": "v1.2.0" if branch == "release/1.2" else None,
        "source": source,
        "creator": None if source == "schedule" else person,
        "author": author if source == "webhook" else None,
        "env": {"RELEASE": "true"} if branch == "release/1.2" else {},
        "meta_data": {"release": "1.2"} if branch == "release/1.2" else {},
        "pull_request": _pull_request(pipeline, luck) if branch.startswith("feature/") else None,
        "merge_queue": {"base_branch": "main"} if luck.random() < 0.02 else None,
        "cancel_reason": "Canceled from the page of the build" if state in {"canceled", "canceling"} else None,
        "rebuilt_from": earlier[0] if earlier else None,
    }


def _pull_request(pipeline: Pipeline, luck: random.Random) -> dict[str, Any]:
    return {"id": str(luck.randint(1, 999)), "base": "main", "repository": pipeline.repository}


def _employ_agents(organization: Organization) -> None:
    """Let agents be busy with the jobs that run."""
    for pipeline in organization.pipelines.values():
        for build in pipeline.builds.values():
            for job in build.jobs if build.state in {"running", "failing"} else ():
                if job.state == "running" and job.agent is not None and job.agent.job is None:
                    job.agent.job = job
