"""OpenAPI documents that a command is given: read, and refused if they would check nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml

from .._base.json_values import as_object, is_array, is_object
from .input_files import InputFileError, read_file
from .parse_errors import yaml_problem
from .values import get

#: The document of this project, whose fragments are not one.
_BUNDLED: Final = Path("generated", "_buildkite_rest", "openapi.yaml")
_MAX_BYTES: Final = 1 << 26
#: Keys of data, in which a `$ref` is not a reference and a `pattern` is not a pattern.
_DATA_KEYS: Final = frozenset({"const", "default", "enum", "example", "examples"})
_REFERENCES: Final = ("$ref", "$dynamicRef", "operationRef")
_MAX_CHAIN: Final = 20


class DocumentError(Exception):
    """A file cannot be used as an OpenAPI document. The message is one line."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Loader that reads timestamps as text, as JSON does."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - declared so by PyYAML
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_document(path: Path) -> Mapping[str, Any]:
    """Read an OpenAPI document, as YAML or JSON.

    Raises:
        DocumentError: The file is not one, or refers to other files or to parts that it lacks.
    """
    try:
        text = read_file(path, limit=_MAX_BYTES).decode()
        raw = _parse(text)
    except InputFileError as error:
        raise DocumentError(f"{path} {error}") from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not YAML in UTF-8") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:  # ValueError: `!!int` before a word
        raise DocumentError(f"{path} is not YAML: {yaml_problem(error)}") from None
    if not is_object(raw) or "openapi" not in raw or not is_object(raw.get("paths")):
        raise DocumentError(f"{path} is not an OpenAPI document with its paths, all in one file.{_hint(path)}")
    for node in _objects_of(raw):
        for key in _REFERENCES:
            if isinstance(reference := node.get(key), str) and not reference.startswith("#"):
                hint = _hint(path) or " Bundle them into one file."
                raise DocumentError(f"{path} refers to another document: {reference!r:.200}.{hint}")
    if (problem := next(_unusable_parts(raw), None)) is not None:
        raise DocumentError(f"{path} {problem}. Correct it.")
    return raw


def _parse(text: str) -> Any:
    """Read YAML, or JSON, which is a hundred times faster."""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def _hint(path: Path) -> str:
    """Name the bundled document, if a path is that of a fragment of it."""
    bundled = next((file for folder in path.resolve().parents if (file := folder / _BUNDLED).is_file()), None)
    return "" if bundled is None else f" Use {os.path.relpath(bundled)}."


def _unusable_parts(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a predicate for each reference that leads nowhere, and for each pattern that is not valid."""
    for node in _objects_of(document):
        if isinstance(reference := node.get("$ref"), str) and not _is_resolvable(document, reference):
            yield f"has a reference that leads nowhere: {reference!r:.200}"
        for pattern in (node.get("pattern"), *as_object(node.get("patternProperties"))):
            if isinstance(pattern, str) and (problem := _pattern_problem(pattern)) is not None:
                yield f"has a pattern that cannot be used, {pattern!r:.100}: {problem:.200}"


def _objects_of(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a document, each once, without those in data."""
    seen = set[int]()  # YAML may contain a node several times, or within itself
    nodes: list[Any] = [document]
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if is_array(node):
            nodes += reversed(node)
        elif is_object(node):
            yield node
            nodes += [value for name, value in node.items() if name not in _DATA_KEYS][::-1]


def _is_resolvable(document: Mapping[str, Any], reference: str) -> bool:
    """Whether a reference leads to an object, also through other references."""
    for _ in range(_MAX_CHAIN):
        pointer = unquote(reference.removeprefix("#"))
        if pointer and not pointer.startswith("/"):
            return False
        target = get(pointer, document)
        if not is_object(target):
            return isinstance(target, bool)  # a schema that is valid for anything, or for nothing
        if not isinstance(following := target.get("$ref"), str):
            return True
        reference = following
    return False


def _pattern_problem(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return None
