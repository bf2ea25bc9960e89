"""Reports and other files that are written whole."""

import os
import stat
import sys
from functools import partial
from pathlib import Path

import pytest

from buildkite_rest._files.targets import check_target, open_target, write_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@POSIX
@pytest.mark.parametrize("path", [Path(os.devnull), Path("/dev/stdout")], ids=str)
def test_what_is_not_a_regular_file_is_refused(path):
    for call in (check_target, partial(write_file, content=b"x")):
        with pytest.raises(FileExistsError, match="not a regular file"):
            call(path)


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
