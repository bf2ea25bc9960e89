"""The project: its metadata, its builds as `make dist` runs them, and virtual environments with the built package."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / ".ci" / "requirements"


def pyproject(root: Path = ROOT) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def extras() -> list[str]:
    return sorted(pyproject()["project"]["optional-dependencies"])


def requirements() -> list[Requirement]:
    """Return what the package and its extras depend on, other packages only."""
    project = pyproject()["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [Requirement(line) for lines in lists for line in lines]
    return [requirement for requirement in found if requirement.name != project["name"]]


def lock_lines(name: str) -> list[str]:
    """Return the requirements of a lock, without their hashes."""
    return re.findall(r"^(\w.*) \\$", (LOCKS / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Return the versions of a lock for this system and this version of Python."""
    found = map(Requirement, lock_lines(name))
    return {
        each.name: str(each.specifier).removeprefix("==")
        for each in found
        if each.marker is None or each.marker.evaluate()
    }


def floors() -> dict[str, str]:
    """Return the lowest declared version of each requirement of this version of Python."""
    return {
        requirement.name: specifier.version
        for requirement in requirements()
        for specifier in requirement.specifier
        if specifier.operator == ">=" and (requirement.marker is None or requirement.marker.evaluate())
    }


EPOCH = 1_700_000_000
SDIST = pyproject()["tool"]["hatch"]["build"]["targets"]["sdist"]
SOURCES = (*(name.removeprefix("/") for name in SDIST["include"]), ".gitignore")


@frozen
class Distributions:
    """The two published files."""

    wheel: Path
    sdist: Path


def copy_sources(to: Path, root: Path = ROOT) -> Path:
    """Copy the sources of a build to a folder, and return it."""
    to.mkdir()
    for name in SOURCES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, to / name)
    return to


def disturb(folder: Path) -> None:
    """Change what a build must not depend on: the times and the permissions of all files."""
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() else 0o600)


def build(
    source: Path, out: Path, *, epoch: int | None = EPOCH, isolated: bool = False, umask: int = -1
) -> Distributions:
    """Build the folder or sdist `source` into `out`: the sdist, and the wheel from it.

    Args:
        source: Folder or sdist.
        out: Target folder.
        epoch: `SOURCE_DATE_EPOCH`; with None it is not set.
        isolated: Install the build backend into an environment of its own, over the network.
        umask: Of the process; by default that of this one.
    """
    isolation = [] if isolated else ["--no-isolation"]
    command = [sys.executable, "-m", "build", *isolation, "--outdir", out, source]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    if epoch is not None:
        environment["SOURCE_DATE_EPOCH"] = str(epoch)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, umask=umask)
    assert done.returncode == 0, done.stdout + done.stderr
    return distributions(out)


def distributions(folder: Path) -> Distributions:
    """Return the wheel and the sdist in a folder."""
    wheels, sdists = list(folder.glob("*.whl")), list(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        raise SystemExit(f"{folder} does not have one wheel and one sdist. Run make dist.")
    return Distributions(wheels[0], sdists[0])


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
