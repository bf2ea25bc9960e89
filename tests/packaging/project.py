"""Metadata of the project, from pyproject.toml."""

import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def pyproject(root: Path = ROOT) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def extras() -> list[str]:
    return sorted(pyproject()["project"]["optional-dependencies"])


def entry_points(group: str) -> dict[str, str]:
    project = pyproject()["project"]
    return {"console_scripts": project["scripts"], **project["entry-points"]}[group]


def requirements() -> list[Requirement]:
    """Return what the package and its extras depend on, other packages only."""
    project = pyproject()["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [Requirement(line) for lines in lists for line in lines]
    return [requirement for requirement in found if requirement.name != project["name"]]


def floors() -> dict[str, str]:
    """Return the lowest declared version of each requirement of this version of Python."""
    return {
        requirement.name: specifier.version
        for requirement in requirements()
        for specifier in requirement.specifier
        if specifier.operator == ">=" and (requirement.marker is None or requirement.marker.evaluate())
    }
