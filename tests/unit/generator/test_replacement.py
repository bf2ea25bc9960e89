"""Replacement of the output: whatever stops it, the folder is the old or the new one."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from generator import replacement
from generator.replacement import replace_folder
from tests.unit.generator.spec_fixture import ROBOTS, contents

ROOT = Path(__file__).parents[3]
FILES = 100
PROGRAM = "import sys; from pathlib import Path; from generator.replacement import replace_folder as r\n"
ONCE = f"{PROGRAM}print(flush=True); r(Path(sys.argv[1]), Path(sys.argv[2]))"
FOREVER = f"{PROGRAM}print(flush=True)\nwhile True:\n for each in sys.argv[2:]: r(Path(sys.argv[1]), Path(each))"


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


@pytest.mark.parametrize("moment", range(10))
def test_a_process_that_is_stopped_leaves_the_old_or_the_new_folder(moment, folders):
    chance = random.Random(moment)
    out, old, new = folders
    with _start(FOREVER, out, new, old) as process:
        time.sleep(chance.uniform(0, 0.3))
        process.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL]))
    assert contents(out) in (contents(old), contents(new))
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


@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", range(10))
def test_a_run_that_is_stopped_leaves_the_old_or_the_new_output(moment, generated, edited, tmp_path):
    spec = edited((ROBOTS, "How many legs.", "Number of legs."))
    out = shutil.copytree(generated, tmp_path / "place" / "out")
    command = [sys.executable, "-m", "generator", "generate", "--spec", str(spec), "--out"]
    subprocess.run([*command, str(tmp_path / "new")], cwd=ROOT, check=True, capture_output=True)
    chance = random.Random(moment)
    with subprocess.Popen([*command, str(out)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(chance.uniform(0.3, 3))
        process.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL]))
    assert contents(out) in (contents(generated), contents(tmp_path / "new"))
