"""Downloads to what is not a regular file, which is refused, or to a link, which is followed."""

import os
import socket
import stat
from pathlib import Path

import pytest
from tests.unit.client.artifacts import CONTENT, artifact, server, whole
from tests.unit.client.support import Script

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs, and links need a privilege")


def serve(*stored):
    """Return what serves one artifact, and the storage, which has `stored` one after the other."""
    storage = Script(*(stored or (whole(),)))
    script = server(storage, artifact(0, "f", filename="f"))
    script.storage = storage
    return script


def download(client, to):
    return client.artifacts.download("acme", "j", "a", to=to)


def build(client, folder):
    return client.artifacts.download_build("acme", "web", 1, to=folder)


@pytest.fixture
def special(request, tmp_path):
    """The path of something that is neither a regular file nor a folder."""
    path = tmp_path / "special"
    match request.param:
        case "fifo":
            os.mkfifo(path)
        case "link":
            os.mkfifo(tmp_path / "fifo")
            path.symlink_to("fifo")
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        case device:
            path = Path(device)
    return path


REFUSED = ["fifo", "link", "socket", os.devnull, "/dev/stdout"]


@pytest.mark.parametrize("special", REFUSED, indirect=True)
def test_a_special_file_is_refused_at_once(connect, tmp_path, special):
    """Also standard output, which pytest redirects to a regular file."""
    before = sorted(tmp_path.iterdir())
    script = serve()
    with pytest.raises(FileExistsError, match=r"not a regular file\. Pass the path of a file or folder") as caught:
        download(connect(script), special)
    assert caught.value.filename == str(special)
    assert sorted(tmp_path.iterdir()) == before
    assert script.storage.requests == []


in_a_folder = pytest.mark.parametrize("call", [download, build])


@in_a_folder
def test_a_fifo_in_a_folder_is_refused(connect, tmp_path, call):
    os.mkfifo(tmp_path / "f")
    script = serve()
    with pytest.raises(FileExistsError, match=r"not a regular file.*/f"):
        call(connect(script), tmp_path)
    assert stat.S_ISFIFO((tmp_path / "f").lstat().st_mode)
    assert script.storage.requests == []


@pytest.mark.parametrize("before", [None, b"before"], ids=["dangling", "to-a-file"])
def test_a_link_that_is_passed_is_followed(connect, tmp_path, before):
    (tmp_path / "there").mkdir()
    if before is not None:
        (tmp_path / "there/target").write_bytes(before)
    (tmp_path / "link").symlink_to("there/target")
    assert download(connect(serve()), tmp_path / "link") == tmp_path / "link"
    assert (tmp_path / "link").readlink().as_posix() == "there/target"
    assert (tmp_path / "there/target").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["target"]
