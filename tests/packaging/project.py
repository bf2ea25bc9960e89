"""Metadata of the project, from pyproject.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

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
