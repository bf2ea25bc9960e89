"""Downloads to what is not a regular file, which is refused."""

import os
from pathlib import Path

import pytest
from tests.unit.client.artifacts import artifact, server, whole
from tests.unit.client.support import Script

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs, and links need a privilege")


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


@pytest.mark.parametrize("special", ["fifo", "link", os.devnull, "/dev/stdout"], indirect=True)
def test_what_is_not_a_regular_file_is_refused_at_once(connect, tmp_path, special):
    """Also standard output, which pytest redirects to a regular file."""
    before, storage = sorted(tmp_path.iterdir()), Script(whole())
    with pytest.raises(FileExistsError, match="not a regular file") as caught:
        download(connect(server(storage, artifact(0, "f"))), special)
    assert caught.value.filename == str(special)
    assert sorted(tmp_path.iterdir()) == before
    assert storage.requests == []


@pytest.mark.parametrize("call", [lambda client, path: download(client, path.parent), build], ids=["file", "build"])
@pytest.mark.parametrize("special", ["folder", "fifo", "link"], indirect=True)
def test_what_is_not_a_regular_file_in_a_folder_is_refused(connect, special, call):
    storage = Script(whole())
    with pytest.raises(FileExistsError, match=r"not a regular file.*/special"):
        call(connect(server(storage, artifact(0, "special", filename="special"))), special)
    assert storage.requests == []
