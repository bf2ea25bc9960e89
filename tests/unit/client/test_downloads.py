"""Downloads of one artifact, also those that fail and are resumed or restarted."""

import errno
import resource
from contextlib import contextmanager

import httpx
import pytest
from tests.unit.client.artifacts import CONTENT, SHA1, artifact, broken, download, rest, server, whole
from tests.unit.client.support import Script, response

from buildkite_rest import APIConnectionError, DownloadError, RetryPolicy

ARTIFACT = {"id": "a", "path": "dist/report.txt", "filename": "report.txt", "file_size": len(CONTENT), "sha1sum": SHA1}
STORAGE_URL = "https://storage.example/x?Signature=1"


def responses(storage=None, **fields):
    """Respond to the requests of a download: with the artifact, the URL, and the file."""
    stored = Script(httpx.Response(200, content=CONTENT) if storage is None else storage)

    def reply(request):
        if request.url.host == "storage.example":
            return stored(request)
        return (
            response({"url": STORAGE_URL}, 302)
            if request.url.path.endswith("/download")
            else response(ARTIFACT | fields)
        )

    return Script(reply)


def download_to(client, to):
    return client.artifacts.download("acme", "job", "artifact", to=to)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_to_a_file_or_a_folder(connect, tmp_path):
    client = connect(responses())
    assert download_to(client, tmp_path / "mine.txt") == tmp_path / "mine.txt"
    assert download_to(client, str(tmp_path)) == tmp_path / "report.txt"
    assert download_to(client, f"{tmp_path}/a/b/") == tmp_path / "a/b/report.txt"
    assert files(tmp_path) == dict.fromkeys(["mine.txt", "report.txt", "a/b/report.txt"], CONTENT)


NAMES = {
    "parent": "../evil.txt",
    "absolute": "/etc/evil.txt",
    "backslashes": "..\\..\\evil.txt",
    "drive": "C:\\evil.txt",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_cannot_leave_the_folder(connect, tmp_path, name):
    (tmp_path / "out").mkdir()
    download_to(connect(responses(filename=name)), tmp_path / "out")
    assert files(tmp_path) == {"out/evil.txt": CONTENT}


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../..", "a/", "a\\", "a\0b", "/", "a\nb", "\x1b[2J", "a\x7f", "\x9b2J", 5, ["a.txt"]],
    ids=ascii,
)
def test_an_invalid_name_is_refused_before_anything_is_fetched(connect, tmp_path, name):
    script = responses(filename=name)
    with pytest.raises(DownloadError, match="is not a valid file name"):
        download_to(connect(script), tmp_path)
    assert len(script.requests) == 1
    assert files(tmp_path) == {}


WRONG = {
    "too-short": ({"file_size": len(CONTENT) + 1}, "received 17 bytes of a file of 18"),
    "too-long": ({"file_size": 0}, "received more than the 0 bytes of the file"),
    "other-content": ({"sha1sum": "0" * 40}, f"the SHA-1 of the received bytes is {SHA1}, not '000"),
}


@pytest.mark.parametrize("before", [None, b"before"], ids=["no-file", "a-file"])
@pytest.mark.parametrize(("fields", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_removed(connect, tmp_path, fields, expected, before):
    if before is not None:
        (tmp_path / "report.txt").write_bytes(before)
    with pytest.raises(DownloadError, match=expected):
        download_to(connect(responses(**fields)), tmp_path)
    assert files(tmp_path) == ({} if before is None else {"report.txt": before})


@pytest.mark.parametrize(
    "fields",
    [
        {"file_size": None, "sha1sum": None},
        {"sha1sum": SHA1.upper()},
        {"file_size": "17", "sha1sum": 5},
    ],
    ids=["null", "upper-case", "other-types"],
)
def test_unknown_values_are_not_checked(connect, tmp_path, fields):
    download_to(connect(responses(**fields)), tmp_path)
    assert files(tmp_path) == {"report.txt": CONTENT}


@pytest.mark.parametrize("status", [204, 206, 304, 403, 404, 500])
def test_a_storage_that_refuses(connect, tmp_path, status):
    with pytest.raises(DownloadError, match=rf"https://storage\.example/x\?… responded with status {status}") as caught:
        download_to(connect(responses(httpx.Response(status, content=b"<Error/>"))), tmp_path)
    assert caught.value.status == status
    assert files(tmp_path) == {}


@contextmanager
def full_disk():
    """Let each write beyond the fifth byte of a file fail."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("size", [len(CONTENT), 1_000_000], ids=["at the end", "at a chunk"])
def test_a_full_disk_is_an_error_that_names_the_file_and_the_artifact(connect, tmp_path, size):
    client = connect(responses(httpx.Response(200, content=bytes(size)), file_size=size, sha1sum=None))
    with pytest.raises(OSError, match=r"mine\.txt'\n") as caught, full_disk():
        download_to(client, tmp_path / "mine.txt")
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / "mine.txt"))
    assert caught.value.__notes__ == ["Artifact 'dist/report.txt', id 'a'"]
    assert files(tmp_path) == {}


@pytest.mark.parametrize(("to", "message"), [("", "must not be empty"), ("a\0b", "must not contain a NUL character")])
def test_an_invalid_path_is_refused_before_anything_is_sent(connect, to, message):
    script = responses()
    with pytest.raises(ValueError, match=f"^to {message}"):
        download_to(connect(script), to)
    assert script.requests == []


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_expired_url_is_renewed(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    script = server(storage, artifact(0, "f"))
    assert download(connect(script), tmp_path) == CONTENT
    assert sum(path.endswith("/download") for path in script.paths) == 2
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize("status", [408, 429, 503])
def test_a_failed_storage_request_is_retried(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert clock.sleeps == [0.25]


def test_a_broken_body_is_resumed(connect, tmp_path):
    storage, seen = Script(broken(), rest()), []
    client = connect(server(storage, artifact(0, "f")))
    assert download(client, tmp_path, progress=lambda *now: seen.append(now)) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-"]
    assert seen == [(0, 17), (5, 17), (5, 17), (17, 17)]


@pytest.mark.parametrize("wrong", [rest(start=4), httpx.Response(416)])
def test_a_download_restarts_after_a_wrong_range(connect, tmp_path, wrong):
    storage = Script(broken(), wrong, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert "Range" not in storage.requests[-1].headers


@pytest.mark.parametrize("sha1sum", [None, ""], ids=["none", "empty"])
def test_a_file_without_a_checksum_is_not_resumed(connect, tmp_path, sha1sum):
    storage = Script(broken(), whole())
    assert download(connect(server(storage, artifact(0, "f", sha1sum=sha1sum))), tmp_path) == CONTENT
    assert all("Range" not in request.headers for request in storage.requests)


@pytest.mark.parametrize("damaged", [b"?" * 12, b"?" * 11, b"?" * 13], ids=["content", "short", "long"])
def test_parts_that_do_not_match_are_discarded(connect, tmp_path, damaged):
    part = httpx.Response(206, headers={"Content-Range": "bytes 5-16/17"}, content=damaged)
    storage = Script(broken(), part, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-", None]


@pytest.mark.parametrize(("retries", "tries"), [(9, 3), (1, 2), (0, 1)])
def test_a_file_gets_three_attempts_at_most(connect, tmp_path, retries, tries):
    storage = Script(broken({}))
    client = connect(server(storage, artifact(0, "f")), retries=RetryPolicy(max_retries=retries))
    with pytest.raises(APIConnectionError):
        download(client, tmp_path)
    assert len(storage.requests) == tries
    assert list(tmp_path.iterdir()) == []
