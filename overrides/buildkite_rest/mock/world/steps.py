"""How the steps of a pipeline are read: from its YAML configuration, or from the array of visual steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice, product
from typing import Any

import yaml

from ..errors import FieldError, invalid_fields
from ..loose import is_list, is_mapping
from . import plain_yaml
from .create import MOST_JOBS, job_count
from .pipelines import Plugins, Step, StepType, Trigger

#: Parsing takes long in Python, and what is longer than this is no pipeline.
_LONGEST_CONFIGURATION = 200_000
_COMMANDS = ("command", "commands", "script")
_TYPES: Mapping[str, StepType] = {
    "wait": "waiter", "waiter": "waiter", "block": "manual", "input": "manual", "manual": "manual",
    "trigger": "trigger", "command": "script", "commands": "script", "script": "script",
}  # fmt: skip


def from_configuration(configuration: str, new_id: Callable[[], str]) -> tuple[tuple[Step, ...], dict[str, str]]:
    """Return the steps and the environment of a YAML configuration. There may be no step: `steps: []`."""
    document = _parsed(configuration)
    steps = document.get("steps") if is_mapping(document) else document
    if not is_list(steps):
        raise invalid_fields(FieldError("configuration", "has no steps"))
    env = document.get("env") if is_mapping(document) else None
    return _checked("configuration", [_step(*item, new_id) for item in _flat(steps)]), strings(env)


@lru_cache(maxsize=64)
def _parsed(configuration: str) -> object:
    if len(configuration) > _LONGEST_CONFIGURATION:
        raise invalid_fields(FieldError("configuration", "is too long"))
    try:
        return plain_yaml.load(configuration)
    except plain_yaml.TooLargeError as error:
        raise invalid_fields(FieldError("configuration", str(error))) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise invalid_fields(FieldError("configuration", f"is not valid YAML ({type(error).__name__})")) from error


def from_visual(steps: Sequence[Any], new_id: Callable[[], str]) -> tuple[Step, ...]:
    """Return the steps of a pipeline that was put together by hand."""
    return _checked("steps", [_step(step, None, new_id) for step in steps])


def strings(values: object) -> dict[str, str]:
    """Return a mapping in which each value is a string, as environments and meta-data are kept."""
    if not is_mapping(values):
        return {}
    return {str(key): as_string(value) for key, value in values.items()}


def as_string(value: object) -> str:
    """Return a JSON value as the string that the API makes of it. Arrays and objects are dropped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _checked(field: str, steps: list[Step | None]) -> tuple[Step, ...]:
    known = tuple(step for step in steps if step is not None)
    if len(known) != len(steps):
        raise invalid_fields(FieldError(field, "has a step of an unknown type"))
    if job_count(known) > MOST_JOBS:
        raise invalid_fields(FieldError(field, f"has more than {MOST_JOBS} jobs"))
    return known


def _flat(steps: list[Any]) -> Iterator[tuple[Any, str | None]]:
    for step in steps:
        if is_mapping(step) and "group" in step and is_list(step.get("steps")):
            yield from ((inner, _text(step.get("key"))) for inner in step["steps"])
        else:
            yield step, None


def _step(source: Any, group: str | None, new_id: Callable[[], str]) -> Step | None:
    if isinstance(source, str):
        source = {source: None}
    if not is_mapping(source):
        return None
    kind = _type(source)
    if kind is None:
        return None
    if kind == "waiter":
        return Step(type=kind, id=new_id())
    step = partial(
        Step,
        type=kind,
        id=new_id(),
        key=_text(source.get("key")),
        name=_text(source.get("label") or source.get("name") or source.get("block") or source.get("input")),
        branch_configuration=_text(source.get("branch_configuration") or source.get("branches")),
        group_key=group,
    )
    if kind == "manual":
        return step()
    if kind == "trigger":
        return step(trigger=_trigger(source))
    return step(
        command=next((_lines(source[word]) for word in _COMMANDS if source.get(word) is not None), None),
        artifact_paths=_lines(source.get("artifact_paths")),
        env=strings(source.get("env")),
        timeout_in_minutes=_count(source.get("timeout_in_minutes")),
        agent_query_rules=_rules(source.get("agent_query_rules") or source.get("agents")),
        concurrency=_count(source.get("concurrency")),
        parallelism=_count(source.get("parallelism")),
        matrix=_matrix(source.get("matrix")),
        plugins=_plugins(source.get("plugins")),
        soft_fail=source.get("soft_fail") in (True, "true"),
    )


def _type(source: Mapping[str, Any]) -> StepType | None:
    given = _TYPES.get(_text(source.get("type")) or "")
    return given or next((_TYPES[word] for word in _TYPES if word in source), None)


def _trigger(source: Mapping[str, Any]) -> Trigger:
    build = source.get("build")
    given: Mapping[str, Any] = build if is_mapping(build) else {}
    return Trigger(
        pipeline=str(source.get("trigger_project_slug") or source.get("trigger") or ""),
        branch=_text(source.get("trigger_branch") or given.get("branch")),
        commit=_text(source.get("trigger_commit") or given.get("commit")),
        message=_text(given.get("message")),
        asynchronous=(source.get("trigger_async") or source.get("async")) in (True, "true"),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _lines(value: object) -> str | None:
    if is_list(value):
        return "\n".join(line for line in value if isinstance(line, str))
    return _text(value)


def _count(value: object) -> int | None:
    digits = as_string(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _matrix(value: object) -> tuple[Mapping[str, str], ...]:
    """Return all combinations of a matrix with named dimensions, or more than a build may have, but not all of them."""
    setup = value.get("setup") if is_mapping(value) else None
    if not is_mapping(setup):
        return ()
    dimensions = {name: [as_string(item) for item in items] for name, items in setup.items() if is_list(items)}
    if not dimensions:
        return ()
    combinations = islice(product(*dimensions.values()), MOST_JOBS + 1)
    return tuple(dict(zip(dimensions, combination, strict=True)) for combination in combinations)


def _rules(value: object) -> tuple[str, ...]:
    if is_mapping(value):
        return tuple(f"{key}={item}" for key, item in value.items() if isinstance(item, str))
    return tuple(rule for rule in value if isinstance(rule, str)) if is_list(value) else ()


def _plugins(value: object) -> Plugins | None:
    """Return plugins with their settings. In YAML one without settings may be just a name."""
    if is_list(value):
        plugins = [{plugin: None} if isinstance(plugin, str) else plugin for plugin in value]
        return [plugin for plugin in plugins if is_mapping(plugin)] or None
    return value if is_mapping(value) and value else None
