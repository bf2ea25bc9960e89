"""Download of the logs of a build."""

import httpx
import pytest
from tests.unit.client.support import Chunks, Script, response

from buildkite_rest import DecodeError, PermissionDeniedError

LOG = b"\x1b_bk;t=1767225600000\x07+++ Tests\r\n"
STARTED = {"started_at": "2026-03-02T09:15:00Z"}
FINISHED = {**STARTED, "state": "passed", "finished_at": "2026-03-02T09:16:00Z"}


def job(number, **fields):
    return {"id": f"j{number}", "type": "script", "name": ":rspec: Tests", **FINISHED, **fields}


def server(*jobs, log=lambda _: httpx.Response(200, content=LOG)):
    """Return a script that lists the jobs, and whose logs are the responses of `log`."""
    listed = {"items": [*jobs], "links": {}}
    return Script(lambda request: log(request) if request.url.path.endswith("/log") else response(listed))


def download(client, tmp_path, **options):
    return client.builds.download_logs("acme", "web", 42, to=tmp_path / "out", **options)


def names(tmp_path):
    return sorted(path.name for path in (tmp_path / "out").glob("*"))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_logs_of_all_command_jobs_are_downloaded(connect, tmp_path, concurrency):
    seen = []
    script = server(
        job(1),
        {"id": "w", "type": "waiter"},
        job(2, name=None, step_key="a/b"),
        job(1),
        job(3, name=None, retried=True),
    )
    found = download(connect(script), tmp_path, concurrency=concurrency, progress=lambda *now: seen.append(now))
    assert names(tmp_path) == ["42-a-b-j2.log", "42-job-j3.log", "42-rspec-Tests-j1.log"]
    assert [(log.job.id, log.path.name, log.size, log.outcome) for log in found] == [
        ("j1", "42-rspec-Tests-j1.log", len(LOG), "downloaded"),
        ("j2", "42-a-b-j2.log", len(LOG), "downloaded"),
        ("j3", "42-job-j3.log", len(LOG), "downloaded"),
    ]
    assert found[0].path.read_bytes() == LOG
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert "include_retried_jobs=true" in script.paths[0]
    assert all(request.headers["Accept"] == "text/plain" for request in script.requests[1:])


def test_complete_logs_are_not_requested_again(connect, tmp_path):
    script = server(job(1), job(2))
    client = connect(script)
    [first, _] = download(client, tmp_path)
    first.path.unlink()
    again = download(client, tmp_path)
    assert [log.outcome for log in again] == ["downloaded", "unchanged"]
    assert again[1].size == len(LOG)
    assert sum(path.endswith("j1/log") for path in script.paths) == 2
    assert sum(path.endswith("j2/log") for path in script.paths) == 1


def test_the_log_of_a_running_job_has_another_name_until_it_is_complete(connect, tmp_path):
    running = connect(server(job(1, state="running", finished_at=None)))
    for _ in range(2):
        [log] = download(running, tmp_path)
        assert (log.path.name, log.outcome) == ("42-rspec-Tests-j1.partial.log", "partial")
    assert [log.outcome for log in download(connect(server(job(1))), tmp_path)] == ["downloaded"]
    assert names(tmp_path) == ["42-rspec-Tests-j1.log"]


def test_jobs_without_a_log_are_reported(connect, tmp_path):
    def log(request):
        return response({"message": "No log found"}, 404) if "j2" in request.url.path else httpx.Response(200)

    scheduled = {"state": "scheduled", "started_at": None, "finished_at": None}
    script = server(job(1, state="broken", started_at=None), job(2), job(3), job(4, **scheduled), log=log)
    found = download(connect(script), tmp_path)
    assert [(log.outcome, log.size) for log in found] == [
        ("missing", None),
        ("missing", None),
        ("downloaded", 0),
        ("missing", None),
    ]
    assert [log.path for log in found if log.outcome == "missing"] == [None] * 3
    assert names(tmp_path) == ["42-rspec-Tests-j3.log"]
    assert len(script.requests) == 3


WITHOUT_START = {
    "passed": ({"state": "passed"}, "downloaded"),
    "canceled with an exit status": ({"state": "canceled", "exit_status": -1}, "downloaded"),
    "running": ({"state": "running", "finished_at": None}, "partial"),
    "canceled": ({"state": "canceled"}, "missing"),
}


@pytest.mark.parametrize(("fields", "outcome"), WITHOUT_START.values(), ids=WITHOUT_START)
def test_the_state_of_a_job_without_a_start_time_decides_whether_it_has_a_log(connect, tmp_path, fields, outcome):
    script = server(job(1, **fields, started_at=None))
    [log] = download(connect(script), tmp_path)
    assert log.outcome == outcome
    assert len(script.requests) == 1 + (outcome != "missing")


NAMES = {
    "path": ("../../etc/passwd", "etc-passwd"),
    "control": ("a\0b\nc\x1b[2J", "a-b-c-2J"),
    "windows": ('a<>:"|?*\\b.', "a-b"),
    "long": ("\N{CJK UNIFIED IDEOGRAPH-4E00}" * 300, "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 40),
}


@pytest.mark.parametrize(("name", "safe"), NAMES.values(), ids=NAMES)
def test_the_name_of_a_job_cannot_leave_the_folder(connect, tmp_path, name, safe):
    [log] = download(connect(server(job(1, name=name))), tmp_path)
    assert log.path == tmp_path / f"out/42-{safe}-j1.log"
    assert log.path.read_bytes() == LOG


@pytest.mark.parametrize("job_id", ["../j", "", None, 5, "j\n", "j" * 300], ids=repr)
def test_a_job_without_a_valid_id_is_refused(connect, tmp_path, job_id):
    script = server(job(1), job(1, id=job_id))
    with pytest.raises(DecodeError, match=r"listJobs: .* is not the id of a job"):
        download(connect(script), tmp_path)
    assert len(script.requests) == 1
    assert not (tmp_path / "out").exists()


def test_the_first_failure_is_raised_and_complete_logs_stay(connect, tmp_path):
    def log(request):
        return response({"message": "no"}, 403) if "j2" in request.url.path else httpx.Response(200, content=LOG)

    script = server(*map(job, range(1, 9)), log=log)
    with pytest.raises(PermissionDeniedError) as raised:
        download(connect(script), tmp_path, concurrency=1)
    assert raised.value.__notes__ == ["Log of job ':rspec: Tests', id 'j2'"]
    assert names(tmp_path) == ["42-rspec-Tests-j1.log"]
    assert len(script.requests) == 3


def test_an_interrupted_log_is_requested_again(connect, clock, tmp_path):
    chunks = [httpx.Response(200, stream=Chunks(LOG[:5], httpx.ReadError("reset"))), httpx.Response(200, content=LOG)]
    waits = []
    client = connect(server(job(1), log=lambda _: chunks.pop(0)), on_wait=waits.append)
    [log] = download(client, tmp_path)
    assert log.path.read_bytes() == LOG
    assert len(clock.sleeps) == 1
    assert [wait.operation_id for wait in waits] == ["getJobLog"]


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
def test_the_page_of_a_proxy_is_not_saved(connect, tmp_path, kind):
    def page(_request):
        return httpx.Response(200, headers={"Content-Type": kind}, content=b"<p>Sign in</p>")

    with pytest.raises(DecodeError, match="the response is not a log: its Content-Type is ") as caught:
        download(connect(server(job(1), log=page)), tmp_path)
    assert "id 'j1'" in caught.value.__notes__[0]
    assert names(tmp_path) == []


@pytest.mark.parametrize("status", [200, 404])
def test_a_partial_log_is_removed_if_the_job_has_finished(connect, tmp_path, status):
    download(connect(server(job(1, state="running", finished_at=None))), tmp_path)
    download(connect(server(job(1), log=lambda _: httpx.Response(status))), tmp_path)
    assert names(tmp_path) == (["42-rspec-Tests-j1.log"] if status == 200 else [])
