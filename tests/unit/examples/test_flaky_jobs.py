"""Flaky failures are counted and plotted apart from other failures."""

from collections import Counter
from xml.etree import ElementTree as ET

import msgspec
import pytest
from tests.unit.examples.scripts import load, run

pytestmark = pytest.mark.exhaustive


def builds(client, **options):
    return client.builds.list("acme", "web", include_retried_jobs=True, **options)


def test_the_table_has_the_counts_of_all_retries(seeded):
    runs, failures, flaky = Counter(), Counter(), Counter()
    for build in builds(seeded):
        jobs = {job.id: job for job in build.jobs if job.type == "script" and job.state in {"passed", "failed"}}
        for job in jobs.values():
            name = job.step_key or job.name.removeprefix(":pipeline: ")
            runs[name] += 1
            failures[name] += job.state == "failed"
            flaky[name] += job.state == "failed" and job.retried and jobs[job.retried_in_job_id].state == "passed"
    assert flaky["Upload"] > 20
    assert (flaky["lint"], failures["lint"] > 20) == (0, True)
    done = run("flaky_jobs", "acme", "web", "--mock")
    assert (done.returncode, done.stderr) == (0, "")
    heading, columns, *lines = done.stdout.splitlines()
    assert heading == "failing jobs of acme/web, 2026-02-23 to 2026-03-02: 2"
    assert columns.split() == ["Job", "Runs", "Failures", "Flaky", "Failure", "rate"]
    assert [line.split() for line in lines] == [
        [name, str(runs[name]), str(failures[name]), str(flaky[name]), f"{100 * failures[name] / runs[name]:.1f}%"]
        for name in ("Upload", "lint")
    ]


def counted(client, name="lint"):
    """Return the runs, failures and flaky failures of a job."""
    tallies = load("flaky_jobs").tally_failures(builds(client))
    return next((one.runs, one.failures, one.flaky) for one in tallies if one.job == name)


def failed_lint(client):
    """Yield builds whose lint job has failed, with that job."""
    for build in builds(client, state=["failed"]):
        yield build, next(job for job in build.jobs if job.type == "script" and job.step_key == "lint")


def test_a_retry_that_passes_makes_a_failure_flaky(server, client):
    runs, failures, flaky = counted(client)
    _, job = next(failed_lint(client))
    client.jobs.retry("acme", job.id)
    assert counted(client) == (runs, failures, flaky), "a job that has not finished counts"
    server.advance(600)
    assert counted(client) == (runs + 1, failures, flaky + 1)


def test_a_parallel_job_that_passes_does_not_make_a_failure_flaky(client):
    """Three parallel jobs are three jobs, and so are two of a matrix."""
    build = next(build for build in builds(client, state=["passed"]) if build.number < 240)
    for key in ("rspec", "image"):
        jobs = [job for job in build.jobs if getattr(job, "step_key", None) == key]
        failed = [msgspec.structs.replace(jobs[0], state="failed"), *jobs[1:]]
        [tally] = load("flaky_jobs").tally_failures([msgspec.structs.replace(build, jobs=failed)])
        assert (tally.job, tally.runs, tally.failures, tally.flaky) == (key, len(jobs), 1, 0)
        [tally] = load("flaky_jobs").tally_failures([msgspec.structs.replace(build, jobs=[*failed, jobs[0]])])
        assert (tally.runs, tally.failures, tally.flaky) == (len(jobs) + 1, 1, 1)


def test_an_svg_plot_has_all_labels(tmp_path):
    done = run("flaky_jobs", "acme", "web", "--mock", "--plot", tmp_path / "flaky.svg")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "flaky.svg").read_text()
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    rows = [line.split() for line in done.stdout.splitlines()[2:]]
    for words in ("Upload", "lint", *(f"{failures} of {runs}" for _, runs, failures, *_ in rows)):
        assert f"<!-- {words} -->" in text
