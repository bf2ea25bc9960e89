"""Files that appear when they are complete: what remains when they are not, and on which file systems."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from buildkite_rest._files import new_files

UNNAMED = pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="only Linux has files without a name")
CHILD = """
import socket, sys, threading
import httpx
from buildkite_rest import AsyncBuildkite, Buildkite

kind, to = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
artifact = b'{"id": "a", "job_id": "j", "path": "f", "filename": "f", "file_size": 900000}'
address = b'{"url": "%s"}' % url.encode()
answers = [
    b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(artifact), artifact),
    b"HTTP/1.1 302 Found\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(address), address),
    b"HTTP/1.1 200 OK\\r\\nContent-Length: 900000\\r\\n\\r\\n" + bytes(500000),
]

def serve():
    connection, _ = listener.accept()
    for answer in answers:
        connection.recv(1 << 16)
        connection.sendall(answer)
    connection.recv(1)

threading.Thread(target=serve, daemon=True).start()

def progress(done, total):
    if done:
        print(done, flush=True)

call = {"to": to, "progress": progress}
if kind == "sync":
    client = Buildkite("token", base_url=url, http_client=httpx.Client(trust_env=False))
    client.artifacts.download("acme", "j", "a", **call)
else:
    import asyncio
    async def main():
        client = AsyncBuildkite("token", base_url=url, http_client=httpx.AsyncClient(trust_env=False))
        await client.artifacts.download("acme", "j", "a", **call)
    asyncio.run(main())
"""


@UNNAMED
@pytest.mark.parametrize("before", [None, b"before"], ids=["no-file", "a-file"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_signal_in_the_middle_of_a_download_leaves_nothing(tmp_path, kind, number, before):
    if before is not None:
        (tmp_path / "f").write_bytes(before)
    command = [sys.executable, "-c", CHILD, kind, str(tmp_path / "f")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline()  # Something is written.
        child.send_signal(number)
        child.stdout.read()
    assert child.returncode == -number
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({} if before is None else {"f": before})


def _unnamed_refused(monkeypatch):
    real = os.open

    def without(path, flags, *args, **kwargs):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", without)


def _no_links(monkeypatch):
    def link(*_args, **_kwargs):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)


def _no_proc(monkeypatch):
    monkeypatch.setattr(new_files, "_descriptor_path", lambda file: f"/nonexistent/{file.fileno()}")


@pytest.fixture(
    params=[lambda _: None, _unnamed_refused, _no_links, _no_proc], ids=["linux", "old", "no-links", "no-proc"]
)
def file_system(request, monkeypatch):
    """File systems that support less and less."""
    request.param(monkeypatch)


pytestmark = UNNAMED
before = pytest.mark.parametrize("before", [None, b"before"], ids=["no-file", "a-file"])


@pytest.mark.usefixtures("file_system")
@before
def test_the_file_appears_when_it_is_complete(tmp_path, before):
    path = tmp_path / "f"
    if before is not None:
        path.write_bytes(before)
    mask = os.umask(0o027)
    try:
        with new_files.new_file(path) as file:
            file.write(b"content")
            file.flush()
            assert (path.read_bytes() if path.exists() else None) == before
    finally:
        os.umask(mask)
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"f": b"content"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.usefixtures("file_system")
@before
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_file_unchanged(tmp_path, before, error):
    if before is not None:
        (tmp_path / "f").write_bytes(before)

    def write():
        with new_files.new_file(tmp_path / "f") as file:
            file.write(b"content")
            raise error

    with pytest.raises(error):
        write()
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == ({} if before is None else {"f": before})


@pytest.mark.usefixtures("file_system")
def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path):
    def write():
        with new_files.new_file(tmp_path / "f") as file:
            file.write(b"content")
            (tmp_path / "f").mkdir()

    with pytest.raises(IsADirectoryError):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.usefixtures("file_system")
def test_a_folder_that_may_not_be_written_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError), new_files.new_file(tmp_path / "missing/f"):
        raise AssertionError("there is no file")


def test_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for content in (b"one", b"two"):
        with new_files.new_file(Path("f")) as file:
            file.write(content)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"f": b"two"}
