"""Entries in the files that list resources. Each is inserted after or before a line that the file has once."""

import re
from pathlib import Path
from typing import Literal

from attrs import frozen

from ..errors import GenerationError, Problem
from .names import Names

_NUMBER = re.compile(r"^    [A-Z_]+ = (\d+)$", re.MULTILINE)


@frozen
class Insertion:
    """An entry in a file."""

    file: str
    begin: str
    """Regular expression of the line that begins the list."""
    at: str
    """Regular expression of the first line after `begin` that the entry belongs to."""
    side: Literal["before", "after"]
    entry: str
    """The entry, with the attributes of `Names` in braces."""


_MOCK = "overrides/buildkite_rest/mock"

INSERTIONS = (
    Insertion(
        "spec/openapi.yaml",
        *(r"tags:", r"  - name: webhook_\w+|", "before"),
        "  - name: {tag}\n    description: {title} of an organization.\n",
    ),
    Insertion(
        "spec/openapi.yaml",
        *(r"      x-scopes: \[", r"      \]", "before"),
        "        read_{tag}, write_{tag},\n",
    ),
    Insertion(f"{_MOCK}/resources/__init__.py", r"from \. import \(", r"\)", "before", "    {tag},\n"),
    Insertion(f"{_MOCK}/resources/__init__.py", r"TAGS = \(", r"\).*", "before", '    "{tag}",\n'),
    Insertion(f"{_MOCK}/resources/__init__.py", r"_MODULES = \(", r"\).*", "before", "    {tag},\n"),
    Insertion(
        f"{_MOCK}/resources/organizations.py",
        *(r"if TYPE_CHECKING:", r"    from \.agents import Agent", "after"),
        "    from .{tag} import {class_name}\n",
    ),
    Insertion(
        f"{_MOCK}/resources/organizations.py",
        *(r"class Organization:", r"    api_settings: .*", "before"),
        '    {tag}: dict[str, {class_name}] = attrs.field(factory=dict[str, "{class_name}"])\n',
    ),
    Insertion(f"{_MOCK}/resources/access_tokens.py", r"_READ_WRITE = \(", r"\).*", "before", '    "{tag}",\n'),
    Insertion(f"{_MOCK}/ids.py", r"    ORGANIZATION = 1", r"", "before", "    {constant} = {number}\n"),
    Insertion(f"{_MOCK}/seeding.py", r"from \.resources import \(", r"\)", "before", "    {tag},\n"),
    Insertion(f"{_MOCK}/seeding.py", r"_RESOURCES: .*", r"\}", "before", '    "{tag}": ({tag}.{tag}, "{tag}"),\n'),
    Insertion(f"{_MOCK}/seeding.py", r"_LAST = \(", r"\).*", "before", '    "{tag}",\n'),
    *(
        Insertion(
            f"{_MOCK}/seed/{organization}.yaml",
            *(r"# What .*", r"clusters:", "before"),
            "{tag}:\n"
            "- {{name: First, created_at: -30}}\n- {{name: Second, created_at: -29}}\n"
            "- {{name: Third, created_at: -28}}\n",
        )
        for organization in ("acme", "globex")
    ),
    Insertion(
        "mkdocs.yml",
        *(r"      - Organizations and people:", r"          - resources/emojis\.md", "after"),
        "          - resources/{tag}.md\n",
    ),
)
"""The entries of a resource, in the order of the files."""


def insert(insertion: Insertion, text: str, names: Names, path: Path) -> str:
    """Return `text` of the file `path` with an entry for `names`.

    Raises:
        GenerationError: The file does not have the lines that the entry belongs to.
    """
    lines = text.splitlines(keepends=True)
    begin = _find(insertion.begin, lines, 0)
    index = None if begin is None else _find(insertion.at, lines, begin + 1)
    if index is None:
        message = (
            f"has no list for {names.tag!r}: {insertion.begin!r}, then {insertion.at!r}. Update generator/scaffold."
        )
        raise GenerationError([Problem(path, "new", message)])
    number = max(map(int, _NUMBER.findall(text)), default=0) + 1
    values = {name: getattr(names, name) for name in ("tag", "title", "class_name", "constant")}
    lines.insert(index + (insertion.side == "after"), insertion.entry.format(number=number, **values))
    return "".join(lines)


def _find(pattern: str, lines: list[str], start: int) -> int | None:
    """Return the index of the first line from `start` on that matches, or None."""
    compiled = re.compile(pattern)
    return next((i for i, line in enumerate(lines) if i >= start and compiled.fullmatch(line.rstrip("\n"))), None)
