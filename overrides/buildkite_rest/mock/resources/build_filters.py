"""Which builds a query string asks for."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.query import Query
from ..world.builds import Build
from ..world.patterns import matches_glob

#: What `state=finished` stands for.
_FINISHED = frozenset({"passed", "failed", "blocked", "canceled"})

_Test = Callable[[Build], bool]


def selected(builds: list[Build], query: Query) -> list[Build]:
    """Return the builds that pass all filters of a query string."""
    tests = _tests(query)
    return [build for build in builds if all(test(build) for test in tests)]


def _tests(query: Query) -> list[_Test]:
    tests: list[_Test] = []
    if branches := query.texts("branch"):
        tests.append(lambda build: any(matches_glob(pattern, build.branch) for pattern in branches))
    if commits := query.texts("commit"):
        tests.append(lambda build: build.commit in commits)
    if states := query.texts("state"):
        wanted = {known for state in states for known in (_FINISHED if state == "finished" else (state,))}
        tests.append(lambda build: build.state in wanted)
    if creator := query.text("creator"):
        tests.append(lambda build: build.creator is not None and build.creator.id == creator.lower())
    if meta_data := query.mapping("meta_data"):
        tests.append(lambda build: all(build.meta_data.get(key) == value for key, value in meta_data.items()))
    if query.has_broken_keys("meta_data"):
        tests.append(lambda _: False)
    if not query.flag("include_paused", default=True):
        tests.append(_has_work)
    return tests + _moments(query)


def _moments(query: Query) -> list[_Test]:
    tests: list[_Test] = []
    if (created_from := query.moment("created_from")) is not None:
        tests.append(lambda build: build.created_at >= created_from)
    if (created_to := query.moment("created_to")) is not None:
        tests.append(lambda build: build.created_at < created_to)
    if (finished_from := query.moment("finished_from")) is not None:
        tests.append(lambda build: build.finished_at is not None and build.finished_at >= finished_from)
    return tests


def _has_work(build: Build) -> bool:
    """Whether not all jobs of a build are on paused queues."""
    queues = [job.queue for job in build.current_jobs if job.step.type == "script"]
    return not queues or any(queue is None or not queue.paused for queue in queues)
