"""Downloads that go on after a failure, and all artifacts of a build."""

import asyncio
import errno
import gzip
import hashlib
import os
import sys
import threading
import time
from contextlib import nullcontext

import httpx
import pytest
from tests.unit.client.support import Pieces, Script, answer

from buildkite_rest import APIConnectionError, DecodeError, DownloadError, RetryPolicy, Timing
from buildkite_rest._base.cancellation import Stop
from buildkite_rest._resources.downloads import Overall

CONTENT = b"what the job made"
SHA1 = hashlib.sha1(CONTENT).hexdigest()
STORAGE = "https://storage.example/"
RANGES = {"Accept-Ranges": "bytes"}


def artifact(number, path, **fields):
    return {"id": f"a{number}", "job_id": "j", "path": path, "file_size": len(CONTENT), "sha1sum": SHA1, **fields}


def server(storage, *artifacts):
    """Return what serves these artifacts, whose contents `storage` answers."""

    def reply(request):
        if request.url.host == "storage.example":
            return storage(request)
        *_, number, last = request.url.path.split("/")
        if last == "download":
            return answer({"url": STORAGE + number}, 302)
        return answer([*artifacts] if last == "artifacts" else artifacts[0])

    return Script(reply)


def broken(headers=RANGES):
    """Return what sends the beginning of the file and then breaks off."""
    return lambda _: httpx.Response(200, headers=headers, stream=Pieces(CONTENT[:5], httpx.ReadError("reset")))


def rest(start=5, said=None, **headers):
    headers = {"Content-Range": f"bytes {start if said is None else said}-16/17", **headers}
    content = CONTENT[start:]
    packed = gzip.compress(content) if headers.get("Content-Encoding") == "gzip" else content
    return httpx.Response(206, headers=headers, content=packed)


def whole(_request=None):
    return httpx.Response(200, content=CONTENT)


def download(client, tmp_path, **options):
    return client.artifacts.download("acme", "j", "a0", to=tmp_path / "f", **options).read_bytes()


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_expired_address_is_renewed(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    script = server(storage, artifact(0, "f"))
    assert download(connect(script), tmp_path) == CONTENT
    assert sum(path.endswith("/download") for path in script.paths) == 2
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 599])
def test_a_storage_that_fails_for_a_while_is_asked_again(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert clock.sleeps == [0.25]


def later(status, seconds):
    return httpx.Response(status, headers={"Retry-After": seconds})


@pytest.mark.parametrize(
    ("refusal", "sleeps"),
    [
        (later(429, "7"), [7.0]),
        (later(503, "7"), [7.0]),
        (later(503, "Thu, 01 Jan 1970 01:23:27 GMT"), [7.0]),  # the clock begins at 5000 seconds
        (later(503, "soon"), [0.25]),
        (later(503, "8"), []),
    ],
)
def test_the_storage_says_how_long_to_wait(connect, clock, tmp_path, refusal, sleeps):
    retries = RetryPolicy(max_rate_limit_wait=7, random=lambda: 0.0)
    client = connect(server(Script(refusal, whole()), artifact(0, "f")), retries=retries)
    with nullcontext() if sleeps else pytest.raises(DownloadError, match="status 503"):
        assert download(client, tmp_path) == CONTENT
    assert clock.sleeps == sleeps


def test_what_the_storage_said_counts_once(connect, clock, tmp_path):
    storage = Script(later(503, "7"), httpx.ConnectError("refused"), whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert clock.sleeps == [7.0, 0.5]


@pytest.mark.parametrize("status", [403, 408, 429, 503])
def test_a_storage_that_fails_later_is_resumed(connect, tmp_path, status):
    storage = Script(broken(), httpx.Response(status), rest())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-", "bytes=5-"]


def test_a_storage_that_goes_on_failing_is_asked_three_times(connect, tmp_path):
    storage = Script(httpx.Response(503))
    with pytest.raises(DownloadError, match="status 503"):
        download(connect(server(storage, artifact(0, "f"))), tmp_path)
    assert len(storage.requests) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_broken_body_is_resumed(connect, tmp_path):
    storage, seen = Script(broken(), rest()), []
    client = connect(server(storage, artifact(0, "f")))
    assert download(client, tmp_path, progress=lambda *now: seen.append(now)) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-"]
    assert seen == [(0, 17), (5, 17), (5, 17), (17, 17)]


def test_a_storage_without_ranges_starts_anew(connect, tmp_path):
    storage = Script(broken({}), whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert all("Range" not in request.headers for request in storage.requests)


def test_a_storage_that_ignores_the_range_starts_anew(connect, tmp_path):
    assert download(connect(server(Script(broken(), whole()), artifact(0, "f"))), tmp_path) == CONTENT


@pytest.mark.parametrize("wrong", [rest(said=4), httpx.Response(416)], ids=["other-range", "no-range"])
def test_a_wrong_range_starts_anew(connect, tmp_path, wrong):
    storage = Script(broken(), wrong, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert "Range" not in storage.requests[-1].headers


@pytest.mark.parametrize(
    ("tag", "sent"),
    [('"v1"', '"v1"'), ('W/"v1"', None), ("v1", None), ('"a", "b"', None), ('"\xe9"', None), ("", None)],
    ids=["strong", "weak", "bare", "two", "not-ascii", "empty"],
)
def test_the_rest_is_asked_for_if_the_file_is_the_same(connect, tmp_path, tag, sent):
    tagged = [(b"Accept-Ranges", b"bytes"), (b"ETag", tag.encode("latin-1"))]
    storage = Script(broken(tagged), rest())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert [request.headers.get("If-Range") for request in storage.requests] == [None, sent]


MODIFIED, LATER = "Mon, 02 Mar 2026 09:00:00 GMT", "Mon, 02 Mar 2026 09:00:01 GMT"
UNSIZED = RANGES | {"ETag": '"v1"'}
TAGGED = UNSIZED | {"Content-Length": "17"}
DATED = RANGES | {"Last-Modified": MODIFIED, "Date": LATER}
OTHERS = {
    "tag": (TAGGED, {"ETag": '"v2"'}),
    "tag-becomes-weak": (TAGGED, {"ETag": 'W/"v1"'}),
    "no-tag": (TAGGED, {}),
    "date-instead-of-the-tag": (TAGGED | DATED, {"Last-Modified": MODIFIED}),
    "date": (DATED, {"Last-Modified": LATER}),
    "no-date": (DATED, {}),
    "tag-instead-of-the-date": (DATED, {"ETag": '"v1"'}),
    "length": (TAGGED, {"ETag": '"v1"', "Content-Range": "bytes 5-17/18"}),
    "not-to-the-end": (UNSIZED, {"ETag": '"v1"', "Content-Range": "bytes 5-16/18"}),
    "no-range": (UNSIZED, {"ETag": '"v1"', "Content-Range": "5-16/17"}),
    "compressed": (TAGGED, {"ETag": '"v1"', "Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize(("first", "second"), OTHERS.values(), ids=OTHERS)
def test_the_rest_of_another_file_is_not_taken(connect, tmp_path, first, second):
    """The API knows neither size nor SHA-1, so that nothing else would tell."""
    storage = Script(broken(first), lambda _: rest(**second), whole())
    client = connect(server(storage, artifact(0, "f", file_size=None, sha1sum=None)))
    assert download(client, tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-", None]


UNVERSIONED = {
    "nothing": RANGES,
    "weak-tag": RANGES | {"ETag": 'W/"v1"'},
    "weak-tag-and-date": DATED | {"ETag": 'W/"v1"'},
    "date-of-this-second": RANGES | {"Last-Modified": MODIFIED, "Date": MODIFIED},
    "date-alone": RANGES | {"Last-Modified": MODIFIED},
    "no-date": RANGES | {"Last-Modified": "yesterday", "Date": LATER},
}


@pytest.mark.parametrize("sha1sum", [None, ""], ids=["none", "empty"])
@pytest.mark.parametrize("headers", UNVERSIONED.values(), ids=UNVERSIONED)
def test_a_file_without_a_checksum_or_a_strong_validator_is_not_resumed(connect, tmp_path, headers, sha1sum):
    storage = Script(broken(headers), whole())
    assert download(connect(server(storage, artifact(0, "f", sha1sum=sha1sum))), tmp_path) == CONTENT
    assert all("Range" not in request.headers for request in storage.requests)


@pytest.mark.parametrize(
    ("first", "second", "sent"),
    [
        (TAGGED, {"ETag": '"v1"'}, '"v1"'),
        (DATED, {"Last-Modified": MODIFIED}, MODIFIED),
        (TAGGED | DATED, {"ETag": '"v1"'}, '"v1"'),
    ],
    ids=["tag", "date", "both"],
)
def test_a_file_without_a_checksum_is_resumed_by_a_repeated_validator(connect, tmp_path, first, second, sent):
    storage = Script(broken(first), rest(**second))
    assert download(connect(server(storage, artifact(0, "f", sha1sum=None))), tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-"]
    assert [request.headers.get("If-Range") for request in storage.requests] == [None, sent]


@pytest.mark.parametrize("second", [{"ETag": '"v1"'}, {}, {"Content-Range": "bytes 5-16/*"}], ids=["tag", "-", "*"])
def test_the_rest_of_the_same_file_is_taken(connect, tmp_path, second):
    storage, seen = Script(broken(TAGGED), rest(**second)), []
    client = connect(server(storage, artifact(0, "f", file_size=None)))
    assert download(client, tmp_path, progress=lambda *now: seen.append(now)) == CONTENT
    assert seen == [(0, 17), (5, 17), (5, 17), (17, 17)]


def test_the_rest_tells_how_long_the_file_is(connect, tmp_path):
    seen = []
    client = connect(server(Script(broken(), rest()), artifact(0, "f", file_size=None)))
    download(client, tmp_path, progress=lambda *now: seen.append(now))
    assert seen == [(0, None), (5, None), (5, 17), (17, 17)]


UNKNOWN = {"file_size": None, "sha1sum": None}


def test_a_resumed_part_that_ends_early_is_not_a_whole_file(connect, tmp_path):
    def short(_request):
        headers = {"Content-Range": "bytes 5-16/17", "ETag": '"v1"'}
        return httpx.Response(206, headers=headers, stream=Pieces(CONTENT[5:10]))

    storage = Script(broken(UNSIZED), short, whole())
    assert download(connect(server(storage, artifact(0, "f", **UNKNOWN))), tmp_path) == CONTENT
    assert len(storage.requests) == 3


def test_a_body_that_ends_before_its_content_length_is_requested_again(connect, tmp_path):
    storage = Script(
        lambda _: httpx.Response(200, headers={"Content-Length": "17"}, stream=Pieces(CONTENT[:5])), whole()
    )
    assert download(connect(server(storage, artifact(0, "f", **UNKNOWN))), tmp_path) == CONTENT


def test_a_part_of_a_file_of_unknown_size_is_not_accepted(connect, tmp_path):
    def part(_request):
        headers = {"Content-Range": "bytes 5-9/*", "ETag": '"v1"'}
        return httpx.Response(206, headers=headers, stream=Pieces(CONTENT[5:10]))

    storage = Script(broken(UNSIZED), part, whole())
    assert download(connect(server(storage, artifact(0, "f", **UNKNOWN))), tmp_path) == CONTENT


@pytest.mark.parametrize("damaged", [b"?" * 12, b"?" * 11, b"?" * 13], ids=["content", "short", "long"])
def test_parts_that_do_not_fit_are_thrown_away(connect, tmp_path, damaged):
    part = httpx.Response(206, headers={"Content-Range": "bytes 5-16/17"}, content=damaged)
    storage = Script(broken(), part, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-", None]


@pytest.mark.parametrize(("headers", "asked"), [({}, None), (RANGES, "bytes=5-")], ids=["anew", "resumed"])
def test_a_body_that_is_cut_off_without_a_length_is_asked_for_again(connect, tmp_path, headers, asked):
    cut = httpx.Response(200, headers=headers, stream=Pieces(CONTENT[:5]))
    storage = Script(lambda _: cut, rest() if asked else whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert storage.requests[1].headers.get("Range") == asked


@pytest.mark.parametrize("content", [CONTENT[:5], CONTENT[::-1], CONTENT * 2], ids=["short", "other", "long"])
def test_a_whole_file_that_is_wrong_is_not_asked_for_again(connect, tmp_path, content):
    storage = Script(httpx.Response(200, content=content))
    with pytest.raises(DownloadError):
        download(connect(server(storage, artifact(0, "f"))), tmp_path)
    assert len(storage.requests) == 1


@pytest.mark.parametrize(("retries", "tries"), [(9, 3), (1, 2), (0, 1)])
def test_three_tries_at_most(connect, tmp_path, retries, tries):
    storage = Script(broken({}))
    client = connect(server(storage, artifact(0, "f")), retries=RetryPolicy(max_retries=retries))
    with pytest.raises(APIConnectionError):
        download(client, tmp_path)
    assert len(storage.requests) == tries
    assert list(tmp_path.iterdir()) == []


def numbered(count):
    return [artifact(number, f"f{number}") for number in range(count)]


def build(client, tmp_path, **options):
    return client.artifacts.download_build("acme", "web", 1, to=tmp_path / "out", **options)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_build(connect, tmp_path, concurrency):
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


BAD = ["../f", "a/../../f", "/f", "C:f", "a\\f", "a\0f", "", "link/f", "a\rf", "\x1b[2J/f", "a/\x9b2J"]


@pytest.mark.parametrize("path", BAD, ids=ascii)
def test_a_path_cannot_leave_the_folder(connect, tmp_path, path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path)
    script = server(whole, artifact(0, "fine"), artifact(1, path))
    with pytest.raises(DownloadError, match="inside the folder"):
        build(connect(script), tmp_path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["link"]
    assert len(script.requests) == 1


def test_the_first_failure_is_raised_and_complete_files_stay(connect, tmp_path):
    def storage(request):
        return whole() if request.url.path == "/a0" else httpx.Response(500)

    files = [artifact(number, f"f{number}") for number in range(9)]
    with pytest.raises(DownloadError, match="status 500"):
        build(connect(server(storage, *files)), tmp_path, concurrency=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f0"]


def test_no_request_is_sent_after_the_first_error(connect, tmp_path, monkeypatch):
    """The thread that got the error is free before the caller learns of it."""
    monkeypatch.setattr(Overall, "abandon", lambda _: time.sleep(0.2))
    script = server(lambda request: httpx.Response(410) if request.url.path == "/a3" else whole(), *numbered(30))
    with pytest.raises(DownloadError, match="status 410") as caught:
        build(connect(script), tmp_path, concurrency=1)
    assert caught.value.__notes__ == ["This is about the artifact 'f3' with the id 'a3'."]
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
def test_an_artifact_that_cannot_be_asked_for(connect, tmp_path, key, value):
    script = server(whole, artifact(0, "f") | {key: value})
    with pytest.raises(DecodeError, match="listBuildArtifacts: "):
        build(connect(script), tmp_path)
    assert len(script.requests) == 1
    assert not (tmp_path / "out").exists()


def test_no_concurrency_is_refused(connect, tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        build(connect(server(whole)), tmp_path, concurrency=0)


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("A", "a/b"), ("a/b/c", "a/B")], ids="+".join)
def test_a_file_cannot_be_a_folder_too(connect, tmp_path, paths):
    script = server(whole, *(artifact(number, path) for number, path in enumerate(paths)))
    with pytest.raises(DownloadError, match="one artifact is the file and another the folder of 'a"):
        build(connect(script), tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("first", "second"), [("f.txt", "F.txt"), ("stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE"), ("f", "F. ")]
)
def test_names_that_some_disks_take_for_one_are_kept_apart(connect, tmp_path, first, second):
    found = build(connect(server(whole, artifact(0, first), artifact(1, second))), tmp_path)
    stem, dot, suffix = second.partition(".")
    assert [path.name for path in found] == [first, f"{stem}.a1{dot}{suffix}"]


PLACES = {
    "folder": ("f1", "", IsADirectoryError, "a folder is in the place of the file"),
    "file-for-a-folder": ("f1/g", "f1", NotADirectoryError, "f1/g"),
    "too-long": ("x" * 256, "", OSError, os.strerror(errno.ENAMETOOLONG)),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_place_that_is_taken_is_noticed_before_the_first_file(connect, tmp_path, place):
    path, there, error, told = place
    if there:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / there).write_bytes(b"")
    else:
        (tmp_path / "out/f1").mkdir(parents=True)
    script = server(whole, artifact(0, "f0"), artifact(1, path))
    with pytest.raises(error, match=told):
        build(connect(script), tmp_path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["f1"]
    assert len(script.requests) == 1


def test_a_wrong_checksum_after_a_resume_leaves_nothing(connect, tmp_path):
    damaged = httpx.Response(206, headers={"Content-Range": "bytes 5-16/17"}, content=b"?" * 12)
    storage = Script(broken(), damaged, httpx.Response(200, content=b"?" * 17))
    with pytest.raises(DownloadError, match="the SHA-1 of the received bytes is"):
        download(connect(server(storage, artifact(0, "f"))), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("later", [httpx.Response(404), httpx.Response(403)], ids=["gone", "forbidden"])
def test_without_a_fresh_address_the_first_failure_is_told(connect, tmp_path, later):
    addresses = Script(answer({"url": f"{STORAGE}0"}, 302), later)

    def reply(request):
        if request.url.host == "storage.example":
            return broken()(request)
        return addresses(request) if request.url.path.endswith("/download") else answer(artifact(0, "f"))

    with pytest.raises(APIConnectionError, match="reset") as caught:
        download(connect(Script(reply)), tmp_path)
    assert caught.value.__cause__.status == later.status_code
    assert list(tmp_path.iterdir()) == []


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


def test_a_name_with_an_id_may_be_taken_too(connect, tmp_path):
    script = server(
        whole, artifact(0, "r.txt"), artifact(1, "r.a3.txt"), artifact(2, "R.A3.2.txt"), artifact(3, "r.txt")
    )
    names = [path.name for path in build(connect(script), tmp_path)]
    assert names == ["r.txt", "r.a3.txt", "R.A3.2.txt", "r.a3.3.txt"]


@pytest.mark.parametrize("hostile", ["../../../evil", "a\n", "..\\evil"])
def test_an_id_cannot_leave_the_folder(connect, tmp_path, hostile):
    script = server(whole, artifact(0, "r.txt"), artifact(1, "r.txt") | {"id": hostile})
    with pytest.raises(DownloadError, match="cannot be part of a file name"):
        build(connect(script), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("system", ["linux", "other"])
def test_a_folder_that_is_replaced_by_a_link_is_not_left(connect, tmp_path, monkeypatch, system):
    monkeypatch.setattr("buildkite_rest._files.inner_folders.sys.platform", system)
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "out/sub"

    def replace(_done, _total):
        if not folder.is_symlink():
            folder.rename(tmp_path / "out/moved")
            folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DownloadError, match="leads out of the folder"):
        build(connect(server(whole, artifact(0, "sub/a"))), tmp_path, progress=replace)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has paths of descriptors")
def test_a_folder_that_is_replaced_by_a_link_right_before_the_end_is_not_left(connect, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "out/sub"

    def replace(*_):
        folder.rename(tmp_path / "out/moved")
        folder.symlink_to(tmp_path / "elsewhere")

    monkeypatch.setattr("buildkite_rest._files.targets.check_inside", replace)
    build(connect(server(whole, artifact(0, "sub/a"))), tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "out/moved/a").read_bytes() == CONTENT


def test_folders_and_links_inside_the_folder_are_used(connect, tmp_path):
    (tmp_path / "out/real").mkdir(parents=True)
    (tmp_path / "out/link").symlink_to("real")
    build(connect(server(whole, artifact(0, "link/deep/a"))), tmp_path)
    assert (tmp_path / "out/real/deep/a").read_bytes() == CONTENT


def test_errors_name_the_artifact_and_the_file_but_no_hidden_one(connect, tmp_path, monkeypatch):
    monkeypatch.setattr("buildkite_rest._files.new_files._open_unnamed", lambda _: None)
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
    event, stop = threading.Event(), Stop.set
    monkeypatch.setattr(Stop, "set", lambda stopping: (stop(stopping), event.set()))
    return event


@blocking
@pytest.mark.parametrize("stalled", ["/a1", "/a1/download"])
def test_nothing_is_asked_for_after_the_first_failure(connect, clock, tmp_path, stopped, stalled):
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
    with pytest.raises(DownloadError, match="a0 answered with status 410"):
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
def test_pauses_of_a_build_take_the_sleep_of_the_client(connect, clock, tmp_path):
    build(connect(server(Script(later(503, "100"), whole()), artifact(0, "f"))), tmp_path)
    assert clock.sleeps == [100]
