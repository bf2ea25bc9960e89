"""Short scripts print what the mock server has, need only documented packages, and fail without a traceback."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from tests.unit.examples.conftest import NOW
from tests.unit.examples.scripts import EXAMPLES, load, run

DAY = timedelta(days=1)
WEEK = ["--until", NOW.isoformat()]


def seconds(job):
    return (job.finished_at - job.started_at).total_seconds()


def jobs_that_ran(builds):
    jobs = [job for build in builds for job in build.jobs if job.type == "script"]
    return [job for job in jobs if job.started_at and job.finished_at]


def test_durations_are_those_of_all_attempts_and_finished_builds_are_fetched_once(main, client, server):
    arguments = ("step_durations", "acme", "web", "history.db", "--days", 3, *WEEK)
    printed = main(*arguments)
    builds = list(client.builds.list("acme", "web", created_from=NOW - 3 * DAY, include_retried_jobs=True))
    runs = [job for job in jobs_that_ran(builds) if job.step_key == "lint" and job.state != "canceled"]
    durations = sorted(map(seconds, runs))
    half, rest = divmod(len(runs), 2)
    median = durations[half] if rest else (durations[half - 1] + durations[half]) / 2
    p90 = next(each for each in durations if sum(other <= each for other in durations) >= 0.9 * len(runs))
    failed = sum(job.state == "failed" for job in runs) / len(runs)
    assert len(runs) > 50
    assert [line for line in printed if line.endswith("  lint")] == [
        f"{median:7.1f}s {p90:8.1f}s {len(runs):7} {failed:7.1%}  lint"
    ]
    before = len(server.requests)
    assert main(*arguments) == printed
    fetched = [request.query["created_from"] for request in server.requests[before:] if "created_from" in request.query]
    assert min(fetched) >= [(NOW - 2 * DAY).isoformat()]


def test_annotations_of_builds_and_jobs_are_searched_as_text(main, client):
    build = client.builds.get("acme", "web", 250)
    body = "<table><tr><td>spec/<b>user</b>_spec.rb</td><td>Timeout &amp; retry</td></tr></table>"
    client.annotations.create("acme", "web", 250, body=body, context="tests")
    client.annotations.create_for_job("acme", build.jobs[0].id, body="A **Timeout** of 5 s\n\nDone", context="job")
    assert main("search_annotations", "acme", "web", "Timeout (&|of)", *WEEK) == [
        f"{build.web_url}\ttests\tspec/user_spec.rb Timeout & retry",
        f"{build.web_url}\tjob\tA Timeout of 5 s",
    ]
    assert main("search_annotations", "acme", "web", "Timeout", "--days", "0.1", *WEEK) == []


def test_all_logs_of_a_wide_build_are_ranked_under_a_rate_limit(main, client, server, tmp_path):
    server.add_pipeline("acme", "Wide", steps="steps: [{command: make, parallelism: 160}]")
    number = server.add_build("acme", "wide")
    server.set_limits(rate_limit=60)
    start = server.requests[-1].received_at if server.requests else NOW
    arguments = ("slow_groups", f"https://buildkite.com/acme/wide/builds/{number}", "--top", 200)
    printed = [float(line.partition(" ")[0]) for line in main(*arguments)]
    assert printed == sorted(printed, reverse=True)
    assert len(printed) == 200
    logs = [request for request in server.requests if request.path.endswith("/log")]
    assert Counter(request.status for request in logs)[200] == len({request.path for request in logs}) == 160
    assert len(list((tmp_path / "logs").glob("*.log"))) == 160
    assert logs[-1].received_at - start >= timedelta(minutes=1)
    server.set_limits(rate_limit=None)
    assert len(main(*arguments)) == 200
    assert len([request for request in server.requests if request.path.endswith("/log")]) == len(logs)


@pytest.mark.exhaustive
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_failed_export_leaves_the_old_file(suffix, tmp_path, monkeypatch):
    example = load("export_builds")
    monkeypatch.setattr(example, "ROW_GROUP_SIZE", 2)
    path = tmp_path / f"builds.{suffix}"
    path.write_text("as it was")

    def rows():
        for number in range(5):
            yield {"number": number}
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        example.export(path, {"number": int}, rows())
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def builds(client, **options):
    return client.builds.list("acme", "web", include_retried_jobs=True, **options)


def counted(client, name="lint"):
    """Return the runs, failures and flaky failures of a job."""
    tallies = load("flaky_jobs").tally_failures(builds(client))
    return next((one.runs, one.failures, one.flaky) for one in tallies if one.job == name)


def failed_lint(client):
    """Yield builds whose lint job has failed, with that job."""
    for build in builds(client, state=["failed"]):
        yield build, next(job for job in build.jobs if job.type == "script" and job.step_key == "lint")


@pytest.mark.exhaustive
def test_a_retry_that_passes_makes_a_failure_flaky(server, client):
    runs, failures, flaky = counted(client)
    _, job = next(failed_lint(client))
    client.jobs.retry("acme", job.id)
    assert counted(client) == (runs, failures, flaky), "a job that has not finished counts"
    server.advance(600)
    assert counted(client) == (runs + 1, failures, flaky + 1)


COMMAND = ("failing_builds", "acme", "--days", "1", "--mock")


def test_a_closed_pipe_ends_a_script_quietly(closed_pipe):
    done = run(*COMMAND, stdout=closed_pipe)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_is_one_line(full_disk):
    done = run(*COMMAND, stdout=full_disk)
    assert (done.returncode, done.stderr) == (2, "cannot write to standard output: No space left on device\n")


def test_a_wrong_argument_is_named():
    done = run("failing_builds", "acme", "--days", "0", "--mock")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("argument --days: must be from 1 to 3650 days")


NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
MOCK = {"anyio", "jsonschema_rs", "python_multipart", "starlette", "uvicorn", "yaml"}
NEEDS = {
    "download_build": {"rich"},
    "failing_builds": {"rich"},
    "flaky_jobs": {"rich"},
    "pr_comment_bot": MOCK,
    "tour": {*MOCK, "requests", "rich"},
    "webhook_receiver": MOCK,
}


@pytest.mark.parametrize("name", NAMES)
def test_help_needs_no_other_packages(name):
    blocked = {"matplotlib", "pyarrow"}.union(*NEEDS.values()) - NEEDS.get(name, set())
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({sorted(blocked)}));"
        f"sys.path[0] = {str(EXAMPLES)!r}; sys.argv = ['{name}.py', '--help'];"
        f"runpy.run_path({str(EXAMPLES / f'{name}.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {name}.py ")
