"""The table has all failing builds, and no others."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.examples.scripts import run

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def cells(output):
    """Return the printed rows, without the heading. Columns are at least two spaces apart."""
    return [re.split(r" {2,}", line.strip()) for line in output.splitlines()[2:]]


def expected(builds, since):
    """Return the number, state, time and URL of the expected builds."""
    return [
        (str(build.number), build.state, f"{build.created_at:%Y-%m-%d %H:%M}", build.web_url)
        for build in builds
        if build.state in {"failed", "failing"} and build.created_at >= since
    ]


@pytest.mark.parametrize("options", [["--days", "2"], ["--pipeline", "web"]], ids=["organization", "pipeline"])
def test_all_failing_builds_are_listed(options, seeded):
    if options[0] == "--pipeline":
        found = expected(seeded.builds.list("acme", "web"), NOW - timedelta(days=7))
    else:
        found = expected(seeded.builds.list_for_organization("acme"), NOW - timedelta(days=2))
    done = run("failing_builds", "acme", *options, "--mock")
    assert (done.returncode, done.stderr) == (0, "")
    rows = cells(done.stdout)
    assert [(row[1], row[3], row[5], row[-1]) for row in rows] == found
    assert {row[0] for row in rows} == ({"web"} if options[0] == "--pipeline" else {"web", "nightly"})
    assert len(found) > 10
    assert done.stdout.splitlines()[0].endswith(f": {len(found)}")


def test_a_row_has_creator_message_and_duration(seeded):
    build = seeded.builds.get("acme", "web", 253)
    duration = str(timedelta(seconds=round((build.finished_at - build.started_at).total_seconds())))
    [row] = [row for row in cells(run("failing_builds", "acme", "--mock").stdout) if row[:2] == ["web", "253"]]
    assert row[2:] == [
        build.branch,
        "failed",
        build.creator.name,
        "2026-03-02 04:30",
        duration,
        build.message,
        build.web_url,
    ]
