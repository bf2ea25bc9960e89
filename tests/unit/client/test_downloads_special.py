"""Downloads to what is not a regular file, or to a link: FIFOs, devices, sockets, standard streams."""

import asyncio
import errno
import hashlib
import os
import socket
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.unit.client.support import Pieces, Script, answer

from buildkite_rest import APIConnectionError, AsyncBuildkite, DownloadError, RetryPolicy

pty = pytest.importorskip("pty", reason="Windows has no FIFOs and no terminals of POSIX")
tty = pytest.importorskip("tty")
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc")

CONTENT = b"what the job made" * 10
SIZE = len(CONTENT)
RANGES = {"Accept-Ranges": "bytes"}


def server(*stored, content=CONTENT, **fields):
    """Return what serves one artifact, and the storage, which gives `stored` one after the other."""
    storage = Script(*(stored or (httpx.Response(200, content=content),)))
    sha1 = hashlib.sha1(content).hexdigest()
    artifact = {"id": "a", "job_id": "j", "path": "f", "filename": "f", "file_size": len(content), "sha1sum": sha1}

    def reply(request):
        if request.url.host == "storage.example":
            return storage(request)
        last = request.url.path.rpartition("/")[2]
        if last == "download":
            return answer({"url": "https://storage.example/x"}, 302)
        return answer([artifact | fields] if last == "artifacts" else artifact | fields)

    script = Script(reply)
    script.storage = storage
    return script


def download(client, to):
    return client.artifacts.download("acme", "j", "a", to=to)


def broken(_request=None):
    return httpx.Response(200, headers=RANGES, stream=Pieces(CONTENT[:50], httpx.ReadError("reset")))


def rest(_request=None):
    headers = {"Content-Range": f"bytes 50-{SIZE - 1}/{SIZE}"}
    return httpx.Response(206, headers=headers, stream=Pieces(CONTENT[50:]))


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


class Reader:
    """Reads a descriptor to its end in another thread."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._read = b""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        with os.fdopen(self._descriptor, "rb") as file, suppress(OSError):  # A terminal without a writer is an error.
            while chunk := file.read1():
                self._read += chunk

    def all(self):
        self._thread.join(10)
        return self._read


@contextmanager
def reading(fifo):
    """Read a FIFO from before its writer opens it."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    writer = os.open(fifo, os.O_WRONLY)  # so that the reader does not find the end before there is a writer
    reader = Reader(descriptor)
    try:
        yield reader
    finally:
        with suppress(OSError):
            os.close(writer)
        reader.all()
    assert stat.S_ISFIFO(fifo.lstat().st_mode)


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "link"])
def test_a_fifo_is_written_into(connect, tmp_path, fifo, linked):
    to = fifo
    if linked:
        to = tmp_path / "link"
        to.symlink_to(fifo)
    with reading(fifo) as reader:
        assert download(connect(server()), to) == to
    assert reader.all() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == (["fifo", "link"] if linked else ["fifo"])
    assert to.is_symlink() == linked


def test_a_fifo_without_a_reader_is_refused_at_once(connect, fifo):
    script = server()
    with pytest.raises(OSError, match="no process reads from this FIFO") as caught:
        download(connect(script), fifo)
    assert (caught.value.errno, caught.value.filename) == (errno.ENXIO, str(fifo))
    assert script.storage.requests == []


def test_a_device_is_written_into(connect):
    terminal, other = pty.openpty()
    tty.setraw(other)
    path = os.ttyname(other)
    reader = Reader(terminal)
    download(connect(server()), path)
    assert stat.S_ISCHR(os.lstat(path).st_mode)
    os.close(other)
    assert reader.all() == CONTENT


@pytest.mark.parametrize("folder", ["/dev/fd", pytest.param("/proc/self/fd", marks=needs_proc), "link"])
def test_a_stream_of_the_process_is_written_into(connect, tmp_path, folder):
    reading_end, writing_end = os.pipe()
    path = f"{folder}/{writing_end}"
    if folder == "link":  # as /dev/stdout is one
        path = tmp_path / "stdout"
        path.symlink_to(f"/dev/fd/{writing_end}")
    reader = Reader(reading_end)
    download(connect(server()), path)
    os.close(writing_end)
    assert reader.all() == CONTENT


def test_a_stream_that_is_redirected_to_a_file_is_appended_to(connect, tmp_path):
    """A rename would leave the process with another file than the one that the user sees."""
    with (tmp_path / "out").open("wb", buffering=0) as out:
        out.write(b"before ")
        download(connect(server()), f"/dev/fd/{out.fileno()}")
        assert os.fstat(out.fileno()).st_nlink == 1
    assert (tmp_path / "out").read_bytes() == b"before " + CONTENT


@needs_proc
def test_a_descriptor_of_a_file_shares_its_offset(connect, tmp_path):
    with (tmp_path / "out").open("wb", buffering=0) as out:
        out.write(b"before ")
        download(connect(server()), f"/proc/self/fd/{out.fileno()}")
        out.write(b" after")
    assert (tmp_path / "out").read_bytes() == b"before " + CONTENT + b" after"


def test_text_that_was_printed_before_a_download_comes_first(connect, monkeypatch, tmp_path):
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr("sys.stdout", out)
        print("before")
        download(connect(server()), f"/dev/fd/{out.fileno()}")
        print("after")
    assert (tmp_path / "out").read_bytes() == b"before\n" + CONTENT + b"after\n"


def test_a_descriptor_that_is_open_for_reading_is_refused(connect, tmp_path):
    (tmp_path / "in").write_bytes(b"precious")
    with (tmp_path / "in").open("rb") as file, pytest.raises(OSError, match="not open for writing") as raised:
        download(connect(server()), f"/dev/fd/{file.fileno()}")
    assert raised.value.errno == errno.EBADF
    assert (tmp_path / "in").read_bytes() == b"precious"


def test_a_descriptor_that_is_not_open_is_refused(connect):
    reading_end, writing_end = os.pipe()
    os.close(writing_end)
    with pytest.raises(OSError, match="not open for writing") as raised:
        download(connect(server()), f"/dev/fd/{writing_end}")
    assert raised.value.errno == errno.EBADF
    os.close(reading_end)


def test_a_descriptor_of_a_socket_is_refused(connect):
    here, there = socket.socketpair()
    with here, there, pytest.raises(OSError, match="cannot be written to a socket"):
        download(connect(server()), f"/dev/fd/{here.fileno()}")


def test_a_pipe_that_another_process_made_non_blocking_gets_everything(connect):
    content = b"x" * 1_000_000
    reading_end, writing_end = os.pipe()
    os.set_blocking(writing_end, False)
    reader = Reader(reading_end)
    download(connect(server(content=content)), f"/dev/fd/{writing_end}")
    assert not os.get_blocking(writing_end)
    os.close(writing_end)
    assert reader.all() == content


def test_a_socket_is_refused(connect, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(FileExistsError, match="the path is a socket"):
            download(connect(server()), tmp_path / "socket")
    assert stat.S_ISSOCK((tmp_path / "socket").lstat().st_mode)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_wrong_checksum_is_reported_though_all_is_written(connect, fifo):
    with reading(fifo) as reader, pytest.raises(DownloadError, match="SHA-1"):
        download(connect(server(sha1sum="0" * 40)), fifo)
    assert reader.all() == CONTENT


def test_a_fifo_gets_no_more_than_the_known_size(connect, fifo):
    stored = httpx.Response(200, content=CONTENT + b"x")
    with reading(fifo) as reader, pytest.raises(DownloadError, match="received more than"):
        download(connect(server(stored)), fifo)
    assert reader.all() == b""


def test_a_download_into_a_fifo_is_resumed_by_a_range(connect, fifo):
    with reading(fifo) as reader:
        download(connect(server(broken, rest)), fifo)
    assert reader.all() == CONTENT


CANNOT_RESUME = {
    "no-ranges": ([lambda _: httpx.Response(200, stream=broken().stream)], APIConnectionError, 1),
    "range-ignored": ([broken, lambda _: httpx.Response(200, content=CONTENT)], DownloadError, 2),
    "another-part": ([broken, lambda _: httpx.Response(206, content=b"?")], DownloadError, 2),
    "refused": ([broken, httpx.Response(416)], DownloadError, 2),
}


@pytest.mark.parametrize(("stored", "error", "requests"), CANNOT_RESUME.values(), ids=CANNOT_RESUME)
def test_the_start_of_a_file_is_never_written_twice(connect, fifo, stored, error, requests):
    script = server(*stored)
    with reading(fifo) as reader, pytest.raises(error):
        download(connect(script), fifo)
    assert reader.all() == CONTENT[:50]
    assert len(script.storage.requests) == requests


def test_a_failure_before_the_first_byte_is_retried(connect, fifo):
    with reading(fifo) as reader:
        download(connect(server(httpx.Response(503), httpx.Response(200, content=CONTENT))), fifo)
    assert reader.all() == CONTENT


def test_a_reader_that_goes_away_is_an_os_error(connect, fifo):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def storage(_request):
        os.close(reader)
        return httpx.Response(200, content=CONTENT)

    with pytest.raises(BrokenPipeError):
        download(connect(server(storage)), fifo)


@pytest.mark.timeout(60)
def test_a_slow_reader_blocks_no_other_task(fifo, clock):
    """Here the reader is a task, which a blocked event loop would never run."""
    content = bytes(1 << 20)
    transport = httpx.MockTransport(server(content=content))

    async def read():
        descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        received = 0
        started.set()
        while received < len(content):
            with suppress(BlockingIOError):
                received += len(os.read(descriptor, 1 << 16))
            await asyncio.sleep(0)
        os.close(descriptor)

    async def main():
        client = AsyncBuildkite("token", http_client=httpx.AsyncClient(transport=transport), timing=clock.timing)
        async with client, asyncio.TaskGroup() as tasks:
            tasks.create_task(read())
            await started.wait()
            await client.artifacts.download("acme", "j", "a", to=fifo)

    started = asyncio.Event()
    asyncio.run(main())


def _one(client, folder):
    return client.artifacts.download("acme", "j", "a", to=folder)


def _build(client, folder):
    return client.artifacts.download_build("acme", "web", 1, to=folder)


in_a_folder = pytest.mark.parametrize("call", [_one, _build], ids=["download", "download_build"])


@in_a_folder
def test_a_fifo_in_a_folder_is_refused(connect, tmp_path, call):
    """Its name comes from the API, so that nobody has chosen to write into it."""
    os.mkfifo(tmp_path / "f")
    script = server()
    with pytest.raises(FileExistsError, match=r"the path is a FIFO: .*/f"):
        call(connect(script), tmp_path)
    assert stat.S_ISFIFO((tmp_path / "f").lstat().st_mode)
    assert script.storage.requests == []


@in_a_folder
def test_a_fifo_that_appears_meanwhile_is_not_replaced(connect, tmp_path, call):
    def storage(_request):
        os.mkfifo(tmp_path / "f")
        return httpx.Response(200, content=CONTENT)

    with pytest.raises(FileExistsError, match="the path is a FIFO"):
        call(connect(server(storage)), tmp_path)
    assert [stat.S_ISFIFO(path.lstat().st_mode) for path in tmp_path.iterdir()] == [True]


@pytest.mark.parametrize("before", [None, b"before"], ids=["dangling", "to-a-file"])
def test_a_link_that_is_passed_is_followed(connect, tmp_path, before):
    (tmp_path / "there").mkdir()
    if before is not None:
        (tmp_path / "there/target").write_bytes(before)
    (tmp_path / "link").symlink_to("there/target")
    assert download(connect(server()), tmp_path / "link") == tmp_path / "link"
    assert (tmp_path / "link").readlink().as_posix() == "there/target"
    assert (tmp_path / "there/target").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["target"]


def test_a_failed_download_leaves_the_target_of_a_link_alone(connect, tmp_path):
    (tmp_path / "target").write_bytes(b"before")
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(DownloadError):
        download(connect(server(httpx.Response(403)), retries=RetryPolicy(max_retries=0)), tmp_path / "link")
    assert (tmp_path / "link").read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 2


def test_links_in_a_circle_are_an_os_error(connect, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        download(connect(server()), tmp_path / "a")
