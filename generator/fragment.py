"""Reads one YAML file of the description and remembers on which line everything stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from attrs import frozen

from .errors import GenerationError, Location, Problem

Pointer: TypeAlias = tuple[str, ...]
"""The keys that lead to a value, from the root of a document."""

_KEY_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}


class _Loader(yaml.CSafeLoader):
    """Plain YAML 1.2 scalars: no dates, no numbers to the base 60, and no booleans but true and false."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML types it
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag.rpartition(":")[2] not in ("timestamp", "bool", "int", "float", "value")
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?$"), list("-+0123456789")
)


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
    """Read `path`.

    Raises:
        GenerationError: It cannot be read, its YAML is broken, a key stands twice, or the top level is no mapping.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        wrong = list(_wrong_keys(node, path)) if node is not None else []
        data = loader.construct_document(node) if node is not None and not wrong else None
    except FileNotFoundError:
        raise GenerationError([Problem(path, "file", "there is no such file")]) from None
    except OSError as error:
        raise GenerationError([Problem(path, "file", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise GenerationError([Problem(Location(path, line), "yaml", f"not UTF-8: {error.reason}")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        said = " ".join(filter(None, (error.context, error.problem)))
        raise GenerationError([Problem(Location(path, line), "yaml", said)]) from None
    except yaml.YAMLError as error:
        raise GenerationError([Problem(path, "yaml", " ".join(str(error).split()))]) from None
    if wrong:
        raise GenerationError(wrong)
    if node is None or not isinstance(data, dict):
        raise GenerationError([Problem(path, "yaml", "the file must hold a mapping")])
    return Fragment(path, data, node)


def _wrong_keys(root: yaml.Node, path: Path) -> Iterator[Problem]:
    """Yield each key that stands twice in its mapping or is no text, such as a status without quotes."""
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                where = Location(path, key.start_mark.line + 1)
                if key.tag not in _KEY_TAGS:
                    said = key.value if isinstance(key, yaml.ScalarNode) else "here"
                    yield Problem(where, "yaml", f"the key {said} is no text; put it in quotes")
                elif key.value in keys:
                    yield Problem(where, "yaml", f"the key {key.value!r} stands here twice")
                else:
                    keys.add(key.value)
                stack.append(value)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
