"""Exported files have the values of the API, with types, and are written page by page."""

import csv
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.examples.scripts import load, run

pytestmark = pytest.mark.exhaustive

SINCE, UNTIL = datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = ("--since", "2026-02-27", "--until", "2026-03-01")
TIMES = ("created_at", "scheduled_at", "started_at", "finished_at")


def in_window(builds):
    """Return the builds of the two days by pipeline and number."""
    return {(build.pipeline.slug, build.number): build for build in builds if SINCE <= build.created_at < UNTIL}


def is_same_time(text, moment):
    return (datetime.fromisoformat(text) if text else None) == moment


@pytest.mark.parametrize("options", [[], ["--pipeline", "web"]], ids=["organization", "pipeline"])
def test_a_csv_file_has_all_builds(options, seeded, tmp_path):
    if options:
        builds = in_window(seeded.builds.list("acme", "web"))
    else:
        builds = in_window(seeded.builds.list_for_organization("acme"))
    done = run("export_builds", "acme", tmp_path / "builds.csv", *options, *WINDOW, "--mock")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'builds.csv'}: {len(builds)} rows\n"
    with (tmp_path / "builds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(builds) > 80
    for row in rows:
        build = builds[row["pipeline"], int(row["number"])]
        names = ("id", "state", "branch", "commit", "message", "source", "web_url")
        assert [row[name] or None for name in names] == [getattr(build, name) for name in names]
        assert row["creator"] == (build.creator.name if build.creator else "")
        assert all(is_same_time(row[name], getattr(build, name)) for name in TIMES)
        assert {len(row[name]) for name in TIMES} <= {0, len("2026-02-27T00:00:00.000+00:00")}
    assert list(tmp_path.iterdir()) == [tmp_path / "builds.csv"]


def test_a_parquet_file_has_all_jobs(seeded, tmp_path):
    builds = in_window(seeded.builds.list_for_organization("acme", include_retried_jobs=True))
    jobs = {job.id: (build, job) for build in builds.values() for job in build.jobs if job.type == "script"}
    done = run("export_builds", "acme", tmp_path / "jobs.parquet", "--jobs", *WINDOW, "--mock")
    assert (done.returncode, done.stderr) == (0, "")
    table = parquet.read_table(tmp_path / "jobs.parquet")
    kinds = dict(zip(table.schema.names, table.schema.types, strict=True))
    utc = pa.timestamp("ms", tz="UTC")
    assert {name for name, kind in kinds.items() if kind == utc} == {name for name in kinds if name.endswith("_at")}
    assert (kinds["number"], kinds["job_exit_status"], kinds["job_retried"]) == (pa.int64(), pa.int64(), pa.bool_())
    rows = table.to_pylist()
    assert len(rows) == len(jobs) > 700
    assert any(row["job_retried"] for row in rows)
    for row in rows:
        build, job = jobs[row["job_id"]]
        assert (row["pipeline"], row["number"], row["job_agent"]) == (
            build.pipeline.slug,
            build.number,
            job.agent.name if job.agent else None,
        )
        for name in ("state", "message", *TIMES):
            assert row[name] == getattr(build, name)
        for name in load("export_builds").JOB:
            assert row[f"job_{name}"] == getattr(job, name)


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
