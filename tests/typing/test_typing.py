"""Type checks of programs of users, without the configuration of this project."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = ("user.py", "misuse.py")
MARK = "# type: ignore["

Check = Callable[[Path], "dict[str, list[str]]"]


def mypy(folder: Path) -> dict[str, list[str]]:
    """Return the errors of `mypy --strict` in each program. Later runs use its cache, which has only the package."""
    cache = HERE.parents[1] / ".mypy_cache" / "user"
    arguments = ["--strict", "--config-file=", f"--cache-dir={cache}", "--output=json", "."]
    done = run("mypy", arguments, folder)
    errors = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return by_program([(error["file"], f"{error['line']}: {error['message']} [{error['code']}]") for error in errors])


def pyright(folder: Path) -> dict[str, list[str]]:
    """Return the errors of strict pyright in each program. `type: ignore` comments are only for mypy."""
    settings = {
        "include": ["."],
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = run("pyright", ["--outputjson", "--pythonpath", sys.executable], folder)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(folder.glob("*.py"))), done.stdout
    found = [
        (error["file"], f"{error['range']['start']['line'] + 1}: {error['message']} [{error.get('rule')}]")
        for error in report["generalDiagnostics"]
    ]
    return by_program(found)


def run(tool: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    # 0 means no errors and 1 means errors. With any other status the checker did not run.
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return done


def by_program(found: list[tuple[str, str]]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for file, error in found:
        errors.setdefault(Path(file).name, []).append(error)
    return errors


checkers = pytest.mark.parametrize("check", [mypy, pyright], ids=["mypy", "pyright"])


@checkers
def test_programs_have_only_the_marked_errors(check: Check, tmp_path: Path) -> None:
    for program in PROGRAMS:
        shutil.copy(HERE / program, tmp_path)
    assert check(tmp_path) == {}


@checkers
def test_each_marked_line_is_an_error(check: Check, tmp_path: Path) -> None:
    """Without the marks, the same lines are errors. This also shows that the checkers find the package."""
    lines = (HERE / "misuse.py").read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if MARK in line}
    (tmp_path / "misuse.py").write_text("\n".join(line.partition(MARK)[0].rstrip() for line in lines) + "\n")
    errors = check(tmp_path)["misuse.py"]
    assert {int(error.partition(":")[0]) for error in errors} == marked
    assert len(marked) >= 20


@pytest.mark.exhaustive
@checkers
def test_a_wrong_assertion_is_an_error(check: Check, tmp_path: Path) -> None:
    """The checkers do not ignore `assert_type`."""
    program = (HERE / "user.py").read_text()
    right, wrong = "assert_type(build.number, int)", "assert_type(build.number, str)"
    assert right in program
    (tmp_path / "user.py").write_text(program.replace(right, wrong))
    [error] = check(tmp_path)["user.py"]
    assert "int" in error
