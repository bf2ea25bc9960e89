"""Replacement of the output: whatever stops it, the folder is the old or the new one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from generator import replacement
from generator.replacement import replace_folder
from tests.unit.generator.spec_fixture import contents

ROOT = Path(__file__).parents[3]
FILES = 100
PROGRAM = "import sys; from pathlib import Path; from generator.replacement import replace_folder as r\n"
ONCE = f"{PROGRAM}print(flush=True); r(Path(sys.argv[1]), Path(sys.argv[2]))"


def _folder(path, text):
    (path / "inner").mkdir(parents=True)
    for number in range(FILES):
        (path / "inner" / f"{number}.py").write_text(text * 100)
    return path


@pytest.fixture
def folders(tmp_path):
    """The output, and two versions of it."""
    old, new = _folder(tmp_path / "old", "a"), _folder(tmp_path / "new", "b")
    place = tmp_path / "place"
    place.mkdir()
    return shutil.copytree(old, place / "out"), old, new


def _start(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    return process


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def can_exchange(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(replacement, "_EXCHANGES", {})
    return request.param


def test_a_folder_is_replaced(folders, can_exchange):
    out, _, new = folders
    replace_folder(out, new)
    assert contents(out) == contents(new)
    assert list(out.parent.iterdir()) == [out]


def test_a_folder_that_was_not_replaced_is_restored(folders, monkeypatch):
    # As a process leaves it that is killed between two renames, where the system cannot exchange folders.
    out, old, new = folders
    scratch = out.with_name(".out.replacing")
    scratch.mkdir()
    out.rename(scratch / "old")
    monkeypatch.setattr(shutil, "copy2", _no_space)
    with pytest.raises(OSError, match="No space left"):
        replace_folder(out, new)
    assert contents(out) == contents(old)
    assert list(out.parent.iterdir()) == [out]


def _no_space(path, *_):
    raise OSError(28, "No space left on device", str(path))


@pytest.mark.parametrize("failing", ["copy", "rename"])
def test_a_failed_write_leaves_the_output_unchanged(failing, folders, monkeypatch):
    out, old, new = folders
    rename = Path.rename
    monkeypatch.setattr(replacement, "_EXCHANGES", {})
    if failing == "copy":
        monkeypatch.setattr(shutil, "copy2", _no_space)
    else:
        monkeypatch.setattr(Path, "rename", lambda a, b: _no_space(a) if a.name == "new" else rename(a, b))
    with pytest.raises(OSError, match="No space left"):
        replace_folder(out, new)
    assert contents(out) == contents(old)
    assert list(out.parent.iterdir()) == [out]


def test_two_replacements_at_once(folders):
    out, old, new = folders
    processes = [_start(ONCE, out, each) for each in (new, old, new, old)]
    for process in processes:
        with process:
            assert process.wait() == 0
    assert contents(out) in (contents(old), contents(new))
    assert list(out.parent.iterdir()) == [out]
