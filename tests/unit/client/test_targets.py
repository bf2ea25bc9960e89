"""Files that are written whole, and targets that are not regular files, which are refused."""

import os
import stat
from pathlib import Path

import pytest
from tests.unit.client.artifacts import artifact, server, whole
from tests.unit.client.support import Script

from buildkite_rest._files.targets import open_target

before = pytest.mark.parametrize("before", [None, b"before"], ids=["no-file", "a-file"])


@before
def test_the_file_appears_when_it_is_complete(tmp_path, before):
    path = tmp_path / "f"
    if before is not None:
        path.write_bytes(before)
    mask = os.umask(0o027)
    try:
        with open_target(path) as file:
            file.write(b"content")
            assert (path.read_bytes() if path.exists() else None) == before
    finally:
        os.umask(mask)
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"f": b"content"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@before
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_file_unchanged(tmp_path, before, error):
    if before is not None:
        (tmp_path / "f").write_bytes(before)

    def write():
        with open_target(tmp_path / "f") as file:
            file.write(b"content")
            raise error

    with pytest.raises(error):
        write()
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == ({} if before is None else {"f": before})


posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs, and links need a privilege")


def download(client, to):
    return client.artifacts.download("acme", "j", "a", to=to)


def build(client, path):
    return client.artifacts.download_build("acme", "web", 1, to=path.parent)


@pytest.fixture
def special(request, tmp_path):
    """The path of something that is not a regular file."""
    path = tmp_path / "special"
    match request.param:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "link":
            (tmp_path / "target").touch()
            path.symlink_to("target")
        case device:
            path = Path(device)
    return path


@posix_only
@pytest.mark.parametrize("special", ["fifo", "link", os.devnull, "/dev/stdout"], indirect=True)
def test_what_is_not_a_regular_file_is_refused_at_once(connect, tmp_path, special):
    """Also standard output, which pytest redirects to a regular file."""
    before, storage = sorted(tmp_path.iterdir()), Script(whole())
    with pytest.raises(FileExistsError, match="not a regular file") as caught:
        download(connect(server(storage, artifact(0, "f"))), special)
    assert caught.value.filename == str(special)
    assert sorted(tmp_path.iterdir()) == before
    assert storage.requests == []


@posix_only
@pytest.mark.parametrize("call", [lambda client, path: download(client, path.parent), build], ids=["file", "build"])
@pytest.mark.parametrize("special", ["folder", "fifo", "link"], indirect=True)
def test_what_is_not_a_regular_file_in_a_folder_is_refused(connect, special, call):
    storage = Script(whole())
    with pytest.raises(FileExistsError, match=r"not a regular file.*/special"):
        call(connect(server(storage, artifact(0, "special", filename="special"))), special)
    assert storage.requests == []
