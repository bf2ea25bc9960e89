"""Reads one YAML file of the description and remembers on which line everything stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from attrs import frozen

from .errors import GenerationError, Location, Problem

Pointer: TypeAlias = tuple[str, ...]
"""The keys that lead to a value, from the root of a document."""


class _Loader(yaml.CSafeLoader):
    """Plain YAML 1.2 scalars: no dates, and no booleans but true and false."""

    yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@frozen
class Fragment:
    """The parsed content of a file together with the nodes that it came from."""

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


def read_fragment(path: Path) -> Fragment:
    """Read `path`. Broken YAML, a key that stands twice and a top level that is no mapping raise `GenerationError`."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        duplicates = _duplicate_keys(node) if node is not None else []
        data = loader.construct_document(node) if node is not None and not duplicates else {}
    except FileNotFoundError:
        raise GenerationError([Problem(path, "file", "there is no such file")]) from None
    except UnicodeDecodeError as error:
        raise GenerationError([Problem(path, "yaml", f"not UTF-8: {error.reason}")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        said = " ".join(filter(None, (error.context, error.problem)))
        raise GenerationError([Problem(Location(path, line), "yaml", said)]) from None
    except yaml.YAMLError as error:
        raise GenerationError([Problem(path, "yaml", " ".join(str(error).split()))]) from None
    if duplicates:
        raise GenerationError(
            [
                Problem(Location(path, key.start_mark.line + 1), "yaml", f"the key {key.value!r} stands here twice")
                for key in duplicates
            ]
        )
    if not isinstance(data, dict):
        raise GenerationError([Problem(path, "yaml", "the file must hold a mapping")])
    return Fragment(path, data, node)


def _duplicate_keys(root: yaml.Node) -> list[yaml.Node]:
    found: list[yaml.Node] = []
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                if key.value in keys:
                    found.append(key)
                keys.add(key.value)
                stack.append(value)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
    return found
