"""Rules for a pipeline in YAML: its steps and its environment are those of the YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import yaml

from ..._base.json_values import as_array, as_object, is_array, is_object
from .nodes import Node

#: Properties of a command step, with its keys in YAML.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("label", "name"),
    "command": ("command",),
    "artifact_paths": ("artifact_paths",),
    "branch_configuration": ("branches",),
    "env": ("env",),
    "timeout_in_minutes": ("timeout_in_minutes",),
    "agent_query_rules": ("agents",),
    "concurrency": ("concurrency",),
    "parallelism": ("parallelism",),
}
#: Keys of a step whose properties are made by Buildkite.
_EXPANDED: Final = frozenset({"matrix", "plugins", "commands"})
_BLANK: Final[tuple[Any, ...]] = (None, "", [], {})
#: Longest YAML to read. The parser is slow.
_DOCUMENT: Final = 10_000


def configuration_problems(node: Node) -> Iterator[str]:
    """Compare the steps and the environment of a pipeline with its configuration."""
    text, steps = node.value.get("configuration"), node.value.get("steps")
    if not isinstance(text, str) or not is_array(steps) or not 0 < len(text) <= _DOCUMENT:
        return
    document = _document(text)
    sources = as_array(as_object(document).get("steps"))
    if not is_object(document) or len(sources) != len(steps):
        return
    if "env" in node.value and not _same(document.get("env"), node.value["env"]):
        yield f"{node.label('env')} is not that of the configuration"
    for index, (source, step) in enumerate(zip(map(as_object, sources), map(as_object, steps), strict=True)):
        if step.get("type") != "script" or _EXPANDED & source.keys():
            continue
        for name, keys in _KEYS.items():
            wanted = next((source[key] for key in keys if key in source), None)
            if name in step and wanted is not None and not _same(wanted, step[name]):
                yield f"{node.label('steps')}[{index}].{name} is {step[name]!r}, but {wanted!r} in the configuration"


@lru_cache(maxsize=256)
def _document(text: str) -> Any:
    """Return the content of a YAML document, or None if it is invalid or has aliases, which may become huge."""
    try:
        return None if any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text)) else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _named(values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of a mapping in YAML whose keys are texts."""
    return ((key, value) for key, value in values.items() if isinstance(key, str))


def _same(wanted: Any, found: Any) -> bool:
    """Return whether a value of YAML is that of the API. Values of different types cannot be compared."""
    if wanted in _BLANK or found in _BLANK:
        return not wanted and not found
    if is_object(wanted) and is_object(found):
        # YAML and the API may write other keys and values differently: `1.10`, `yes`.
        return len(wanted) == len(found) and all(
            key in found and (found[key] == value or not isinstance(value, str)) for key, value in _named(wanted)
        )
    if type(wanted) is not type(found) or (is_array(wanted) and not all(isinstance(each, str) for each in wanted)):
        return True
    return bool(wanted == found)
