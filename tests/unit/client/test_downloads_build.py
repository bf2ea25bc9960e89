"""Downloads of all artifacts of a build."""

import asyncio
import errno
import sys
import threading
import time
from collections import Counter, namedtuple

import httpx
import pytest
from tests.unit.client.artifacts import (
    CONTENT,
    artifact,
    broken,
    download,
    later,
    server,
    whole,
)
from tests.unit.client.support import Pieces, Script, answer

from buildkite_rest import APIConnectionError, DecodeError, DownloadError, RetryPolicy, Timing
from buildkite_rest._base.workers import Cancellation
from buildkite_rest._files.folders import artifact_paths
from buildkite_rest._resources.downloads import BuildDownload

Artifact = namedtuple("Artifact", "path id")


def numbered(count):
    return [artifact(number, f"f{number}") for number in range(count)]


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


@pytest.mark.parametrize("connect", ["sync"], indirect=True)
def test_pages_of_the_list_are_fetched_at_the_same_time(connect, tmp_path):
    together = threading.Barrier(2, timeout=20)

    def reply(request):
        if not request.url.path.endswith("/artifacts"):
            return files(request)
        number = int(request.url.params.get("page", 1))
        if number > 1:
            together.wait()
        links = [
            f'<{request.url.copy_set_param("page", page)}>; rel="{rel}"'
            for rel, page in (("next", number + 1), ("last", 3))
        ]
        return answer([artifact(number, f"f{number}")], **({"Link": ", ".join(links)} if number < 3 else {}))

    files = server(whole)
    paths = build(connect(reply), tmp_path, concurrency=2)
    assert [path.name for path in paths] == ["f1", "f2", "f3"]


BAD = ["../f", "a/../../f", "/f", "C:f", "a\\f", "a\0f", "", "link/f", "a\rf", "\x1b[2J/f", "a/\x9b2J", "é" * 128]


@pytest.mark.parametrize("path", BAD, ids=ascii)
def test_a_path_cannot_leave_the_folder(connect, tmp_path, path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path)
    script = server(whole, artifact(0, "fine"), artifact(1, path))
    with pytest.raises(DownloadError, match=r"inside the folder|out/link' leads out of the folder") as caught:
        build(connect(script), tmp_path)
    assert [note.rpartition(", ")[2] for note in caught.value.__notes__] == ["id 'a1'"]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["link"]
    assert len(script.requests) == 1


def test_a_link_that_leads_in_circles_is_an_error_of_the_file(connect, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/link").symlink_to("link")
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        build(connect(server(whole, artifact(0, "link/a"))), tmp_path)


def test_the_first_failure_is_raised_and_complete_files_stay(connect, tmp_path):
    def storage(request):
        return whole() if request.url.path == "/a0" else httpx.Response(500)

    files = [artifact(number, f"f{number}") for number in range(9)]
    with pytest.raises(DownloadError, match="status 500"):
        build(connect(server(storage, *files)), tmp_path, concurrency=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f0"]


def test_no_request_is_sent_after_the_first_error(connect, tmp_path, monkeypatch):
    """The thread that got the error is free before the caller learns of it."""
    monkeypatch.setattr(BuildDownload, "cancel", lambda _: time.sleep(0.2))
    script = server(lambda request: httpx.Response(410) if request.url.path == "/a3" else whole(), *numbered(30))
    with pytest.raises(DownloadError, match="status 410") as caught:
        build(connect(script), tmp_path, concurrency=1)
    assert caught.value.__notes__ == ["Artifact 'f3', id 'a3'"]
    assert script.requests[-1].url.path == "/a3"


IMPOSSIBLE = {"negative": -1, "huge": 1 << 63, "bool": True, "text": "17"}


@pytest.mark.parametrize("size", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_size_is_unknown(connect, tmp_path, size):
    seen = []
    storage = Script(lambda _: httpx.Response(200, content=CONTENT, headers={"Content-Length": "17"}))
    client = connect(server(storage, artifact(0, "f", file_size=size)))
    assert download(client, tmp_path, progress=lambda *now: seen.append(now)) == CONTENT
    build(client, tmp_path, progress=lambda *now: seen.append(now))
    assert {total for _, total in seen[:2]} == {17}
    assert {total for _, total in seen[2:]} == {None}


@pytest.mark.parametrize("key", ["job_id", "id"])
@pytest.mark.parametrize("value", ["", ".", "..", None, 5])
def test_an_artifact_without_valid_ids_is_refused(connect, tmp_path, key, value):
    script = server(whole, artifact(0, "f") | {key: value})
    with pytest.raises(DecodeError, match="listBuildArtifacts: "):
        build(connect(script), tmp_path)
    assert len(script.requests) == 1
    assert not (tmp_path / "out").exists()


def test_a_concurrency_of_0_is_refused(connect, tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        build(connect(server(whole)), tmp_path, concurrency=0)


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("A", "a/b"), ("a/b/c", "a/B")], ids="+".join)
def test_a_file_cannot_be_a_folder_too(connect, tmp_path, paths):
    script = server(whole, *(artifact(number, path) for number, path in enumerate(paths)))
    with pytest.raises(DownloadError, match="an artifact needs a folder where another one has a file: 'a") as caught:
        build(connect(script), tmp_path)
    inner = max(paths, key=len)
    assert caught.value.__notes__ == [f"Artifact '{inner}', id 'a{paths.index(inner)}'"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("first", "second"), [("f.txt", "F.txt"), ("stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE"), ("f", "F. ")]
)
def test_names_that_some_file_systems_treat_as_equal_are_distinguished(connect, tmp_path, first, second):
    found = build(connect(server(whole, artifact(0, first), artifact(1, second))), tmp_path)
    stem, dot, suffix = second.partition(".")
    assert [path.name for path in found] == [first, f"{stem}.a1{dot}{suffix}"]


PLACES = {
    "folder": ("f1", "", IsADirectoryError, "the path is a folder"),
    "file-for-a-folder": ("f1/g", "f1", NotADirectoryError, "f1/g"),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_an_occupied_path_is_an_error_before_the_first_download(connect, tmp_path, place):
    path, there, error, told = place
    if there:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / there).write_bytes(b"")
    else:
        (tmp_path / "out/f1").mkdir(parents=True)
    script = server(whole, artifact(0, "f0"), artifact(1, path))
    with pytest.raises(error, match=told) as caught:
        build(connect(script), tmp_path)
    [note] = caught.value.__notes__
    assert note.startswith(f"Artifact '{path[:50]}")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["f1"]
    assert len(script.requests) == 1


def test_a_path_that_no_file_system_takes_is_refused(connect, tmp_path):
    script = server(whole, artifact(0, "a/" * 30_000 + "f"))
    with pytest.raises(DownloadError, match=r"the path is longer than 4096 bytes: 'a/a/"):
        build(connect(script), tmp_path)
    assert len(script.requests) == 1


def calls(artifacts, folder):
    """Count the calls of functions that the paths of artifacts need."""
    counts = Counter()
    sys.setprofile(lambda _frame, event, _argument: counts.update([event]))
    try:
        artifact_paths(folder, artifacts, str)
    finally:
        sys.setprofile(None)
    return counts["call"] + counts["c_call"]


LISTS = {
    "equal": lambda count: [Artifact("r.txt", "id") for _ in range(count)],
    "equal-when-shortened": lambda count: [Artifact("x" * 240 + str(n // 2), "i" * 40) for n in range(count)],
    "parts": lambda count: [Artifact("a/" * count + "f", "id")],
    "existing-folders": lambda count: [Artifact(f"{'b/' * 50}{n}", "id") for n in range(count)],
}


@pytest.mark.parametrize("artifacts", LISTS.values(), ids=LISTS)
def test_twice_as_many_artifacts_or_parts_need_twice_the_work(tmp_path, artifacts):
    (tmp_path / ("b/" * 50)).mkdir(parents=True)
    calls(artifacts(4), tmp_path)  # imports
    assert calls(artifacts(400), tmp_path) < 2.2 * calls(artifacts(200), tmp_path)


def test_the_error_of_a_build_keeps_its_cause(connect, tmp_path):
    with pytest.raises(APIConnectionError) as caught:
        build(connect(server(broken({}), artifact(0, "f")), retries=RetryPolicy(max_retries=0)), tmp_path)
    assert caught.value.__cause__ is not None


def test_the_first_failure_stops_the_files_that_are_arriving(connect, tmp_path):
    """The second file would never end by itself."""
    started = threading.Event()

    class Endless(Pieces):
        def __iter__(self):
            while True:
                started.set()
                self.given += 1
                yield b"x"

        async def __aiter__(self):
            for piece in self:
                await asyncio.sleep(0)
                yield piece

    endless = Endless()

    def storage(request):
        if request.url.path == "/a1":
            return httpx.Response(200, stream=endless)
        return httpx.Response(500)

    def waiting(request):
        return storage(request) if request.url.path == "/a1" or started.wait(0) else httpx.Response(404)

    client = connect(server(waiting, artifact(0, "f0"), artifact(1, "f1", file_size=None, sha1sum=None)))
    with pytest.raises(DownloadError, match="status"):
        build(client, tmp_path, concurrency=2)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_artifact_that_is_listed_twice_is_downloaded_once(connect, tmp_path):
    """While a build runs, the pages of its list shift."""
    script = server(whole, artifact(0, "a"), artifact(1, "b"), artifact(0, "a"))
    assert build(connect(script), tmp_path) == [tmp_path / "out/a", tmp_path / "out/b"]
    assert script.paths.count("/a0") == 1


def test_a_name_with_an_id_may_exist_too(connect, tmp_path):
    script = server(
        whole, artifact(0, "r.txt"), artifact(1, "r.a3.txt"), artifact(2, "R.A3.2.txt"), artifact(3, "r.txt")
    )
    names = [path.name for path in build(connect(script), tmp_path)]
    assert names == ["r.txt", "r.a3.txt", "R.A3.2.txt", "r.a3.3.txt"]


@pytest.mark.parametrize("hostile", ["../../../evil", "a\n", "..\\evil"])
def test_an_id_cannot_leave_the_folder(connect, tmp_path, hostile):
    script = server(whole, artifact(0, "r.txt"), artifact(1, "r.txt") | {"id": hostile})
    with pytest.raises(DownloadError, match="cannot be part of a file name") as caught:
        build(connect(script), tmp_path)
    assert caught.value.__notes__ == [f"Artifact 'r.txt', id {hostile!r}"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_replaced_by_a_link_is_not_left(connect, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "out/sub"

    def replace(_done, _total):
        if not folder.is_symlink():
            folder.rename(tmp_path / "out/moved")
            folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DownloadError, match="leads out of the folder"):
        build(connect(server(whole, artifact(0, "sub/a"))), tmp_path, progress=replace)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_folders_and_links_inside_the_folder_are_used(connect, tmp_path):
    (tmp_path / "out/real").mkdir(parents=True)
    (tmp_path / "out/link").symlink_to("real")
    build(connect(server(whole, artifact(0, "link/deep/a"))), tmp_path)
    assert (tmp_path / "out/real/deep/a").read_bytes() == CONTENT


def test_errors_name_the_artifact_and_the_file_but_no_hidden_one(connect, tmp_path, monkeypatch):
    script = server(whole, artifact(0, "sub/a"))
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PermissionError) as raised:
        build(connect(script), tmp_path)
    assert raised.value.filename == str(tmp_path / "out/sub/a")
    assert "'sub/a'" in raised.value.__notes__[0]
    assert "'a0'" in raised.value.__notes__[0]


def refuse(path, *_args):
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_cancelled_file_cancels_the_build(connect, tmp_path, concurrency):
    """A task group ignores the cancellation of one of its tasks, and the paths of missing files would be returned."""

    def cancel(done, _total):
        if done >= len(CONTENT):
            raise asyncio.CancelledError

    client = connect(server(whole, *(artifact(number, f"f{number}") for number in range(4))))
    with pytest.raises(asyncio.CancelledError):
        build(client, tmp_path, concurrency=concurrency, progress=cancel)
    assert list((tmp_path / "out").iterdir()) == []


blocking = pytest.mark.parametrize("connect", ["sync", "sync-httpx2"], indirect=True)
"""An asynchronous client cancels whatever is under way."""


@pytest.fixture
def stopped(monkeypatch):
    """Is set when the first failure has stopped the other files."""
    event, stop = threading.Event(), Cancellation.cancel

    def cancel(cancellation):
        stop(cancellation)
        if "another file" in cancellation._reason:  # and not the end of the list
            event.set()

    monkeypatch.setattr(Cancellation, "cancel", cancel)
    return event


@blocking
@pytest.mark.parametrize("stalled", ["/a1", "/a1/download"])
def test_threads_send_nothing_after_the_first_failure(connect, clock, tmp_path, stopped, stalled):
    asked = threading.Event()

    def reply(request):
        if request.url.path.endswith(stalled):
            asked.set()
            assert stopped.wait(20)
            if stalled == "/a1":
                raise httpx.ReadTimeout("stalled")
        return files(request)

    def storage(_):
        assert asked.wait(20)
        return httpx.Response(410)

    files = server(storage, artifact(0, "f0"), artifact(1, "f1"))
    script = Script(reply)
    with pytest.raises(DownloadError, match="a0 responded with status 410"):
        build(connect(script), tmp_path, concurrency=2)
    assert sum("/a1" in path for path in script.paths) == (2 if stalled == "/a1" else 1)
    assert clock.sleeps == []
    assert list((tmp_path / "out").iterdir()) == []


@blocking
@pytest.mark.timeout(30)
@pytest.mark.parametrize("path", ["/a1", "/a1/download"])
def test_the_first_failure_ends_the_pauses_of_the_others(connect, tmp_path, path):
    asked = threading.Event()

    def reply(request):
        if request.url.path.endswith(path):
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


@blocking
def test_pauses_of_a_build_use_the_clock_of_the_client(connect, clock, tmp_path):
    build(connect(server(Script(later(503, "100"), whole()), artifact(0, "f"))), tmp_path)
    assert clock.sleeps == [100]
