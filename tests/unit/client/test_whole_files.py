"""Reports and other files that are written whole."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from buildkite_rest._files import new_files, whole_files
from buildkite_rest._files.whole_files import check_target, is_same_file, write_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
NOT_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


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
        "import resource, sys; from pathlib import Path; from buildkite_rest._files.whole_files import write_file;"
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
def test_devices_and_pipes_are_written_to(tmp_path):
    write_file(Path(os.devnull), b"x")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    check_target(fifo)
    content = b"x" * 200_000
    thread = threading.Thread(target=write_file, args=(fifo, content))
    thread.start()  # waits for the reader
    assert fifo.read_bytes() == content
    thread.join()
    assert fifo.is_fifo()
    program = (
        "from pathlib import Path; from buildkite_rest._files.whole_files import write_file;"
        "write_file(Path('/dev/stdout'), b'report')"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"report"
    with (tmp_path / "out").open("w+b") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"report"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_device_is_an_error():
    with pytest.raises(OSError, match="No space left"):
        write_file(Path("/dev/full"), b"x")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY, errno.EPERM, errno.EROFS])
def test_a_file_that_the_system_does_not_replace_is_written_in_place(number, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(whole_files, "_replace", fail)
    path = tmp_path / "mounted"
    with pytest.raises(OSError, match=r"."):
        write_file(path, b"new")
    path.write_bytes(b"old")
    write_file(path, b"new")
    assert contents(tmp_path) == {"mounted": b"new"}


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A file that the system does not replace."""

    def fail(*_):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(whole_files, "_replace", fail)
    path = tmp_path / "mounted"
    path.write_bytes(b"old content" * 1000)
    return path


@POSIX
def test_a_failed_write_in_place_leaves_the_old_content(mounted):
    program = (
        "import errno, resource, sys; from pathlib import Path; from buildkite_rest._files import whole_files;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, 15_000)); whole_files._NOT_REPLACEABLE = {errno.EFBIG};"
        "whole_files.write_file(Path(sys.argv[1]), bytes(20_000))"
    )
    result = subprocess.run([sys.executable, "-c", program, mounted], capture_output=True, text=True, check=False)
    assert "File too large" in result.stderr
    assert mounted.read_bytes() == b"old content" * 1000


def test_a_shorter_content_in_place_has_no_rest_of_the_old(mounted):
    write_file(mounted, b"new")
    assert mounted.read_bytes() == b"new"
    write_file(mounted, b"")
    assert mounted.read_bytes() == b""


@POSIX
def test_programs_that_write_in_place_wait_for_each_other(mounted):
    import fcntl

    with mounted.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        thread = threading.Thread(target=write_file, args=(mounted, b"new"))
        thread.start()
        thread.join(0.3)
        assert mounted.read_bytes() == b"old content" * 1000
    thread.join()
    assert mounted.read_bytes() == b"new"


def test_an_error_names_the_path(tmp_path, monkeypatch):
    def fail(self, target):
        raise FileExistsError(errno.EEXIST, "exists", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr(new_files, "_open_unnamed", lambda _: None)
    path = tmp_path / "report"
    with pytest.raises(FileExistsError) as error:
        write_file(path, b"")
    assert str(error.value) == f"[Errno {errno.EEXIST}] exists: {str(path)!r}"


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no sysfs")
def test_a_folder_for_no_files_is_an_error_at_the_start():
    with pytest.raises(OSError, match=r".") as error:
        check_target(Path("/sys/report.txt"))
    assert error.value.filename == "/sys/report.txt"


def test_writers_of_one_file_do_not_mix(tmp_path):
    path = tmp_path / "report"
    texts = [bytes([65 + number]) * 100_000 for number in range(4)]
    write_file(path, texts[0])

    def write(text):
        for _ in range(20):
            write_file(path, text)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        assert path.read_bytes() in texts
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_a_target_is_checked_before_it_is_written(tmp_path):
    (tmp_path / "dangling").symlink_to(tmp_path / "missing" / "report")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("", "missing/report", "dangling", "loop", "x" * 300):
        with pytest.raises(OSError, match=r"."):
            check_target(tmp_path / name)
    check_target(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@NOT_ROOT
def test_a_folder_that_is_not_writable_is_an_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        check_target(tmp_path / "report")


@POSIX
def test_links_lead_to_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "file"
    assert is_same_file(path, Path("file"))  # before it exists
    path.touch()
    (tmp_path / "hard").hardlink_to(path)
    (tmp_path / "soft").symlink_to(path)
    (tmp_path / "other").touch()
    for name in ("file", "hard", "soft"):
        assert is_same_file(path, tmp_path / name)
    for name in ("other", "missing"):
        assert not is_same_file(path, tmp_path / name)
