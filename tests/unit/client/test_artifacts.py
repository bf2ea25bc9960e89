"""Downloads of all artifacts of a build, and the content of one in memory or as a stream."""

import threading

import httpx
import pytest
from tests.unit.client.artifacts import (
    CONTENT,
    RANGES,
    artifact,
    broken,
    later,
    rest,
    server,
    whole,
)
from tests.unit.client.support import Script

from buildkite_rest import APIConnectionError, DecodeError, DownloadError, Timing


def build(client, tmp_path, **options):
    return client.artifacts.download_build("acme", "web", 1, to=tmp_path / "out", **options)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_all_artifacts_of_a_build_are_downloaded(connect, tmp_path, concurrency):
    files = [artifact(0, "b/x.txt"), artifact(1, "a.txt"), artifact(2, "b/x.txt")]
    seen = []
    script = server(whole, *files)
    client = connect(script)
    paths = build(client, tmp_path, concurrency=concurrency, progress=lambda *now: seen.append(now))
    out = tmp_path / "out"
    assert paths == [out / "b/x.txt", out / "a.txt", out / "b/x.a2.txt"]
    assert [path.read_bytes() for path in paths] == [CONTENT] * 3
    assert max(seen) == (51, 51)
    assert "state=finished" in script.paths[0]


BAD = [
    "../f",
    "a/../../f",
    "C:f",
    "a\\f",
    "a\0f",
    "",
    "link/f",
    "\x1b[2J/f",
    "a/" * 30_000 + "f",
]


@pytest.mark.parametrize("path", BAD, ids=lambda path: ascii(path)[:30])
def test_a_path_cannot_leave_the_folder(connect, tmp_path, path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path)
    script = server(whole, artifact(0, "fine"), artifact(1, path))
    with pytest.raises(DownloadError, match=r"is not the path of a file inside the folder") as caught:
        build(connect(script), tmp_path)
    assert [note.rpartition(", ")[2] for note in caught.value.__notes__] == ["id 'a1'"]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["link"]
    assert len(script.requests) == 1


def test_the_first_failure_is_raised_and_complete_files_stay(connect, tmp_path):
    def storage(request):
        return whole() if request.url.path == "/a0" else httpx.Response(500)

    files = [artifact(number, f"f{number}") for number in range(9)]
    with pytest.raises(DownloadError, match="status 500"):
        build(connect(server(storage, *files)), tmp_path, concurrency=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f0"]


@pytest.mark.parametrize("key", ["job_id", "id"])
@pytest.mark.parametrize("value", ["", None, 5])
def test_an_artifact_without_valid_ids_is_refused(connect, tmp_path, key, value):
    script = server(whole, artifact(0, "f") | {key: value})
    with pytest.raises(DecodeError, match="listBuildArtifacts: "):
        build(connect(script), tmp_path)
    assert len(script.requests) == 1
    assert not (tmp_path / "out").exists()


def test_an_occupied_path_is_an_error_before_the_first_download(connect, tmp_path):
    (tmp_path / "out/f1").mkdir(parents=True)
    script = server(whole, artifact(0, "f0"), artifact(1, "f1"))
    with pytest.raises(FileExistsError, match=r"not a regular file: .*f1") as caught:
        build(connect(script), tmp_path)
    assert caught.value.__notes__ == ["Artifact 'f1', id 'a1'"]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["f1"]
    assert len(script.requests) == 1


@pytest.mark.parametrize("paths", [("a", "a/b"), ("A/b", "a")])
def test_a_path_is_not_that_of_a_file_and_of_a_folder(connect, tmp_path, paths):
    script = server(whole, *(artifact(number, path) for number, path in enumerate(paths)))
    with pytest.raises(DownloadError, match="'a' is the path of an artifact and the folder of another"):
        build(connect(script), tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("hostile", ["../../../evil", "a\n", "..\\evil"])
def test_an_id_cannot_leave_the_folder(connect, tmp_path, hostile):
    script = server(whole, artifact(0, "r.txt"), artifact(1, "r.txt") | {"id": hostile})
    with pytest.raises(DownloadError, match="is not the path of a file inside the folder") as caught:
        build(connect(script), tmp_path)
    assert caught.value.__notes__ == [f"Artifact 'r.txt', id {hostile!r}"]
    assert list(tmp_path.iterdir()) == []


blocking = pytest.mark.parametrize("connect", ["sync", "sync-httpx2"], indirect=True)
"""An asynchronous client cancels whatever is under way."""


@blocking
@pytest.mark.timeout(30)
def test_the_first_failure_ends_the_pauses_of_the_others(connect, tmp_path):
    asked = threading.Event()

    def reply(request):
        if request.url.path.endswith("/a1/download"):
            asked.set()
            return later(503, "100")
        return files(request)

    def storage(_):
        assert asked.wait(20)
        return httpx.Response(410)

    files = server(storage, artifact(0, "f0"), artifact(1, "f1"))
    with pytest.raises(DownloadError, match="status 410"):
        build(connect(reply, timing=Timing()), tmp_path, concurrency=2)
    assert list((tmp_path / "out").iterdir()) == []


def read(client):
    return client.artifacts.read("acme", "j", "a0")


def stream(client):
    return client.artifacts.stream("acme", "j", "a0")


def test_the_content_is_returned_and_the_storage_gets_no_token(connect):
    script = server(whole, artifact(0, "f"))
    client = connect(script)
    assert read(client) == CONTENT
    with stream(client) as content:
        assert content.read() == CONTENT
    storage = [request for request in script.requests if request.url.host == "storage.example"]
    assert len(storage) == 2
    assert not any("Authorization" in request.headers for request in storage)


def test_reading_resumes(connect):
    script = server(Script(broken(RANGES), rest()), artifact(0, "f"))
    assert read(connect(script)) == CONTENT
    assert script.requests[-1].headers["Range"] == "bytes=5-"


@pytest.mark.parametrize("status", [206, 403, 503])
def test_a_stream_is_requested_once(connect, status):
    script = server(Script(httpx.Response(status), whole()), artifact(0, "f"))
    with pytest.raises(DownloadError, match=f"responded with status {status}"), stream(connect(script)):
        pass
    assert len(script.requests) == 2


def test_an_interrupted_stream_is_an_error_and_is_not_opened_again(connect):
    script = server(broken(), artifact(0, "f"))
    with pytest.raises(APIConnectionError, match="broke off"), stream(connect(script)) as content:
        content.read()
    assert len(script.requests) == 2
