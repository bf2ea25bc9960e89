"""Steps as the YAML text that gives them, the way back from `steps`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import yaml

from .pipelines import Step


def to_configuration(steps: Iterable[Step]) -> str:
    """Return a YAML configuration of the steps."""
    written: list[Any] = []
    for group, members in groupby(steps, key=lambda step: step.group_key):
        inner = [_step(step) for step in members]
        written += inner if group is None else [{"group": group, "key": group, "steps": inner}]
    return yaml.safe_dump({"steps": written}, sort_keys=False, allow_unicode=True)


def _step(step: Step) -> object:
    match step.type:
        case "waiter":
            return "wait"
        case "manual":
            return _given({"block": step.name or "", "key": step.key, "branches": step.branch_configuration})
        case "trigger":
            return _given(_trigger(step))
        case "script":
            return _given(_script(step))


def _trigger(step: Step) -> dict[str, Any]:
    trigger = step.trigger
    if trigger is None:
        return {"trigger": ""}
    build = _given({"branch": trigger.branch, "commit": trigger.commit, "message": trigger.message})
    return {
        "trigger": trigger.pipeline,
        "label": step.name,
        "key": step.key,
        "branches": step.branch_configuration,
        "async": trigger.asynchronous or None,
        "build": build or None,
    }


def _script(step: Step) -> dict[str, Any]:
    return {
        "label": step.name,
        "key": step.key,
        "command": step.command or "",
        "artifact_paths": step.artifact_paths,
        "branches": step.branch_configuration,
        "env": dict(step.env) or None,
        "timeout_in_minutes": step.timeout_in_minutes,
        "agents": list(step.agent_query_rules) or None,
        "concurrency": step.concurrency,
        "parallelism": step.parallelism,
        "matrix": _matrix(step.matrix),
        "soft_fail": step.soft_fail or None,
    }


def _matrix(combinations: Sequence[Mapping[str, str]]) -> dict[str, Any] | None:
    if not combinations:
        return None
    names = combinations[0]
    return {"setup": {name: list(dict.fromkeys(values[name] for values in combinations)) for name in names}}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
