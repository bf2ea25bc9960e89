"""One YAML file of the spec, with the line of each value."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from attrs import frozen

from .errors import GenerationError, Location, Problem

Pointer: TypeAlias = tuple[str, ...]
"""The keys that lead to a value, from the root of a document."""

Finding: TypeAlias = tuple[Pointer, str]
"""The pointer of an invalid value, and a message."""

_KEY_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}


class _Loader(yaml.CSafeLoader):
    """Loader with the scalars of YAML 1.2: no dates, no base-60 numbers, and no booleans but true and false."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - as PyYAML types it


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", ["<"]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


@frozen
class Fragment:
    """The content of a file and the YAML nodes that it was constructed from."""

    path: Path
    data: dict[str, Any]
    _node: yaml.Node

    def locate(self, pointer: Pointer) -> Location:
        """Return the line of `pointer`, or of its closest ancestor in this file."""
        node, line = self._node, self._node.start_mark.line
        for key in pointer:
            child = _child(node, key)
            if child is None:
                break
            key_node, node = child
            line = key_node.start_mark.line
        return Location(self.path, line + 1)


def _child(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == key:
                return key_node, value_node
    elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        item = node.value[int(key)]
        return item, item
    return None


def read_text(path: Path, *, errors: str = "strict") -> str:
    """Return the text of a UTF-8 file. `errors` is that of `bytes.decode`.

    Raises:
        GenerationError: The file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors=errors)
    except OSError as error:
        raise GenerationError([Problem(path, "file", f"cannot be read: {error.strerror}")]) from None


def read_fragment(path: Path) -> Fragment:
    """Read `path`.

    Raises:
        GenerationError: The file cannot be read, is not valid YAML, has a duplicate key, or is not a mapping.
    """
    try:
        text = read_text(path)
        loader = _Loader(text)
        node = loader.get_single_node()
        problems = [*_invalid_keys(node, path)] if node is not None else []
        data = loader.construct_document(node) if node is not None and not problems else None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise GenerationError([Problem(Location(path, line), "yaml", f"not UTF-8: {error.reason}")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = " ".join(filter(None, (error.context, error.problem)))
        raise GenerationError([Problem(Location(path, line), "yaml", message)]) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a tag that the value does not have, such as `!!int one`
        raise GenerationError([Problem(path, "yaml", " ".join(str(error).split()))]) from None
    if problems:
        raise GenerationError(problems)
    if node is None or not isinstance(data, dict):
        raise GenerationError([Problem(path, "yaml", "the file must be a mapping")])
    return Fragment(path, data, node)


def _invalid_keys(root: yaml.Node, path: Path) -> Iterator[Problem]:
    """Yield each key that is a duplicate, or not a string, such as a status without quotes."""
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                location = Location(path, key.start_mark.line + 1)
                if key.tag not in _KEY_TAGS:
                    name = f" {key.value}" if isinstance(key, yaml.ScalarNode) else ""
                    yield Problem(location, "yaml", f"the key{name} is not a string; put it in quotes")
                elif key.value in keys:
                    yield Problem(location, "yaml", f"duplicate key {key.value!r}")
                else:
                    keys.add(key.value)
                stack.append(value)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
