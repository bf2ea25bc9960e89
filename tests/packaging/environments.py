"""Virtual environments with the built package, isolated from this tree."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen
from tests.packaging.project import lock_lines

LONGEST_SECONDS = 1800


@frozen
class Environment:
    """A virtual environment. Its programs run in `folder`, outside of this project."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run its Python, and return the finished process."""
        return run([self.python, *arguments], cwd or self.folder)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command `buildkite-rest`, and return the finished process."""
        return run([self.folder / "venv" / "bin" / "buildkite-rest", *arguments], self.folder)

    def script(self, text: str) -> str:
        """Run a program that must succeed, with every warning an error, and return its output."""
        done = self.run("-W", "error", "-c", text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pip(self, *arguments: str | Path) -> str:
        """Run pip on it, which must succeed, and return the output."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        done = run([*pip, *arguments], self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def make_environment(
    folder: Path, *requirements: str, constraints: Iterable[str] | None = None, python: str | Path = sys.executable
) -> Environment:
    """Create an environment in `folder`, by default with this Python, and install the requirements.

    The versions are those of the lock, unless there are other constraints.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = run([python, "-m", "venv", "--without-pip", folder / "venv"], folder)
    assert done.returncode == 0, done.stderr
    lines = {*lock_lines("dev"), *lock_lines("checks")} if constraints is None else constraints
    (folder / "constraints.txt").write_text("\n".join(sorted(lines)))
    environment = Environment(folder)
    environment.pip("install", "--constraint", folder / "constraints.txt", *requirements)
    return environment


def run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    # Variables of the user for Python or Buildkite must not affect the environment.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "BUILDKITE"))}
    return subprocess.run(
        command,
        cwd=cwd,
        env=clean | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
