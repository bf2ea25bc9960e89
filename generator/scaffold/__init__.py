"""Scaffold of a resource: a fragment, a mock module and a test of five operations, and its entries in other files."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..buildkite import ERROR_RESPONSES
from ..errors import GenerationError, Problem
from ..fragment import read_text
from .conflicts import check_names
from .insertions import INSERTIONS, insert
from .names import Names, names_of

_TEMPLATES = Path(__file__).parent / "templates"
_FILES = {
    "fragment.yaml.jinja": "spec/resources/{tag}.yaml",
    "mock_module.py.jinja": "overrides/buildkite_rest/mock/resources/{tag}.py",
    "mock_test.py.jinja": "tests/unit/mock/test_{tag}.py",
}


def add_resource(tag: str, noun: str | None, project: Path) -> list[Path]:
    """Write the files of a new resource below `project`, and add it to the files that list resources.

    Args:
        tag: Name of the tag, such as `lockers`.
        noun: One object in snake_case, such as `locker`; by default the tag without its last `s`.
        project: The folder of the project.

    Returns:
        The files that are new or changed.

    Raises:
        GenerationError: The tag or the noun is not a name, the resource or one of its names exists, or a file does not
            have the lines that an entry belongs to. Nothing is written.
    """
    names = names_of(tag, noun)
    new = {project / path.format(tag=tag): _rendered(template, names) for template, path in _FILES.items()}
    if problems := list(_existing(new)):
        raise GenerationError(problems)
    changed: dict[Path, str] = {}
    for insertion in INSERTIONS:
        path = project / insertion.file
        changed[path] = insert(insertion, changed[path] if path in changed else _text(path), names, path)
    check_names(names, project / "spec", changed)
    written = {**new, **changed}
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    _format([path for path in written if path.suffix == ".py"])
    return list(written)


def _existing(paths: dict[Path, str]) -> Iterator[Problem]:
    for path in paths:
        if path.exists():
            yield Problem(path, "new", "already exists. Choose another tag, or edit the file.")


def _text(path: Path) -> str:
    return read_text(path, rule="new", advice=". Run the command in the folder of the project.")


def _rendered(template: str, names: Names) -> str:
    environment = Environment(  # noqa: S701 - the output is YAML and Python, not HTML
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(names=names, responses=ERROR_RESPONSES)


def _format(paths: list[Path]) -> None:
    """Sort imports and format with the settings of the project."""
    for arguments in (("check", "--quiet", "--fix", "--select=I"), ("format", "--quiet")):
        command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", *map(str, paths)]
        subprocess.run(command, check=True)
