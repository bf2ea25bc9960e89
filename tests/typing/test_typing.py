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


@pytest.mark.parametrize("check", [mypy, pyright], ids=["mypy", "pyright"])
def test_programs_have_only_the_marked_errors(check: Check, tmp_path: Path) -> None:
    for program in PROGRAMS:
        shutil.copy(HERE / program, tmp_path)
    assert check(tmp_path) == {}
