"""`.ci/run` looks for what it needs before anything else, and then runs everything."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINE = next((ROOT / ".venv" / "bin").glob("python3.*"), Path("none")).name
#: What `.ci/run` looks for in turn, without the Python of .venv.
OTHERS = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if name != MINE]


@pytest.fixture
def ci(tmp_path):
    """Runs `.ci/run` with nothing but the commands that are named, which only note how they were called."""
    calls = tmp_path / "calls"
    (tmp_path / "bin").mkdir()

    def run(*commands, user=0):
        calls.write_text("")
        for name in commands:
            write(name, f'echo "{name} $*" >> {calls}')
        write("id", f"echo {user}")
        (tmp_path / "bin" / "dirname").symlink_to(shutil.which("dirname"))
        command = [shutil.which("bash"), ROOT / ".ci" / "run"]
        environment = {"PATH": str(tmp_path / "bin")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        return done, calls.read_text().splitlines()

    def write(name, line):
        path = tmp_path / "bin" / name
        path.write_text(f"#!{shutil.which('bash')}\n{line}\n")
        path.chmod(0o755)

    return run


def test_what_is_missing_is_told_before_anything_runs(ci):
    done, calls = ci("make", "apt-get", user=1000)
    assert (done.returncode, done.stdout, calls) == (1, "", [])
    assert done.stderr.startswith("not installed: chromium nodejs npm; ")
    assert len(done.stderr.splitlines()) == 1


def test_without_apt_get_it_is_told_to_root_as_well(ci):
    done, calls = ci("make", "npm")
    assert (done.returncode, calls) == (1, [])
    assert done.stderr.startswith("not installed: chromium; ")


def test_root_gets_what_is_missing_before_anything_runs(ci):
    done, calls = ci("make", "npm", "apt-get")
    assert (done.returncode, done.stderr) == (0, "")
    assert calls[0].startswith("apt-get update")
    assert calls[1].startswith("apt-get install")
    assert calls[1].endswith(" chromium")
    assert calls[2] == "make test-all"


def test_everything_runs_and_the_tests_on_another_python_too(ci):
    done, calls = ci("make", "npm", "chromium", *OTHERS[:2])
    assert (done.returncode, done.stderr) == (0, "")
    ran = [call.removeprefix("make ") for call in calls if call.startswith("make ")]
    assert ran[:2] == ["test-all", f"test PYTHON={OTHERS[0]}"]
    targets = {word for call in ran for word in call.split()}
    assert {"lint", "types", "check-generated", "coverage", "packaging", "bench", "QUICK=1", "docs"} <= targets
    assert {"test-browser", "test-peers", "lint-spec", "cross-check", "tour"} <= targets


def test_a_python_that_cannot_make_an_environment_is_passed_over(ci, tmp_path):
    broken = tmp_path / "bin" / OTHERS[0]
    broken.write_text(f"#!{shutil.which('bash')}\nexit 1\n")
    broken.chmod(0o755)
    _, calls = ci("make", "npm", "chromium", OTHERS[1])
    assert f"make test PYTHON={OTHERS[1]}" in calls


def test_with_one_python_alone_the_tests_run_once(ci):
    _, calls = ci("make", "npm", "chromium")
    assert [call for call in calls if re.fullmatch("make test(-all)?( .*)?", call)] == ["make test-all"]
