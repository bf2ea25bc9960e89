"""Reports and other files that are written whole."""

import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from buildkite_rest._files.targets import check_target, open_target, write_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_replaced_with_its_permissions(tmp_path):
    path = tmp_path / "report"
    for content in (b"first", b"second"):
        write_file(path, content)
        assert contents(tmp_path) == {"report": content}
        path.chmod(0o600)
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


@POSIX
def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "report"
    path.write_bytes(b"old")
    program = (
        "import resource, sys; from pathlib import Path; from buildkite_rest._files.targets import write_file;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)); write_file(Path(sys.argv[1]), bytes(20_000))"
    )
    result = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    assert "File too large" in result.stderr
    assert contents(tmp_path) == {"report": b"old"}


@POSIX
def test_the_target_of_a_link_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to("folder/report")
    for content in (b"first", b"second"):
        check_target(link)
        write_file(link, content)
        assert contents(tmp_path / "folder") == {"report": content}
        assert link.is_symlink()


@POSIX
def test_a_fifo_and_a_device_are_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path(os.devnull), Path("/dev/stdout")):
        for call in (check_target, partial(write_file, content=b"x")):
            with pytest.raises(FileExistsError, match="not a regular file"):
                call(path)
    assert (tmp_path / "fifo").is_fifo()


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
