"""Short scripts print what the mock server has."""

from collections import Counter
from datetime import timedelta

from tests.unit.examples.conftest import NOW

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
