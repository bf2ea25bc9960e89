"""Builds of the package, as `make dist` runs them but without the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from attrs import frozen
from tests.packaging.project import ROOT, pyproject

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
