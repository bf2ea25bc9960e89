"""Type checkers as users run them, without the configuration of this project."""

import json
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".mypy_cache" / "user"


def mypy(folder: Path, *options: str) -> dict[str, list[str]]:
    """Return the errors of `mypy --strict` in each program. Later runs use its cache, which has only the package."""
    arguments = ["--strict", "--config-file=", f"--cache-dir={CACHE}", "--output=json", *options, "."]
    done = _run("mypy", arguments, folder)
    errors = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return _by_program(
        [
            (error["file"], f"{error['line']}: {error['message']} [{error['code']}]")
            for error in errors
            if error["severity"] == "error"
        ]
    )


def pyright(folder: Path, **settings: object) -> dict[str, list[str]]:
    """Return the errors of strict pyright in each program, with further settings."""
    (folder / "pyrightconfig.json").write_text(
        json.dumps({"include": ["."], "typeCheckingMode": "strict", **settings}), encoding="utf-8"
    )
    done = _run("pyright", ["--outputjson", "--pythonpath", sys.executable], folder)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(folder.glob("*.py"))), done.stdout
    found = [
        (error["file"], f"{error['range']['start']['line'] + 1}: {error['message']} [{error.get('rule')}]")
        for error in report["generalDiagnostics"]
    ]
    return _by_program(found)


def _run(tool: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    # 0 means no errors and 1 means errors. With any other status the checker did not run.
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return done


def _by_program(found: list[tuple[str, str]]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for file, error in found:
        errors.setdefault(Path(file).name, []).append(error)
    return errors
