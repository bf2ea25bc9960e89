"""Steps: parsing of YAML and of visual steps, and rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import attrs
import yaml

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from ..http.errors import FieldError, invalid_fields
from ..values import Json, as_string, strings
from .yaml_documents import load_yaml

StepType = Literal["script", "waiter", "manual", "trigger"]
JobState: TypeAlias = Literal[
    "pending", "waiting", "waiting_failed", "limiting", "limited", "platform_limiting", "platform_limited", "scheduled",
    "reserved", "assigned", "accepted", "running", "passed", "failed", "canceling", "canceled", "timing_out",
    "timed_out", "expired", "skipped", "broken", "blocked", "blocked_failed", "unblocked", "unblocked_failed",
]  # fmt: skip
#: States of block steps only.
BLOCK_STATES = frozenset({"blocked", "blocked_failed", "unblocked", "unblocked_failed"})


@attrs.frozen(kw_only=True, eq=False)
class Step:
    """A step of a pipeline. Parallel steps have several jobs."""

    type: StepType
    id: str = ""
    key: str | None = None
    name: str | None = None
    command: str | None = None
    artifact_paths: str | None = None
    branch_configuration: str | None = None
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    timeout_in_minutes: int | None = None
    agent_query_rules: tuple[str, ...] = ()
    concurrency: int | None = None
    parallelism: int | None = None
    group_key: str | None = None
    soft_fail: bool = False
    #: JSON of the build that a trigger step starts: `pipeline`, `async` and `build`.
    trigger: Json | None = None
    signature: Mapping[str, Any] | None = None


#: Most jobs of one build.
MOST_JOBS = 500


def job_count(steps: Iterable[Step]) -> int:
    """Return the number of jobs of the steps."""
    return sum(step.parallelism or 1 for step in steps)


#: Characters of the longest configuration that is parsed: parsing is slow.
_LONGEST_CONFIGURATION = 200_000
_COMMANDS = ("command", "commands", "script")
_TYPES: Mapping[str, StepType] = {
    "wait": "waiter", "waiter": "waiter", "block": "manual", "input": "manual", "manual": "manual",
    "trigger": "trigger", "command": "script", "commands": "script", "script": "script",
}  # fmt: skip


def from_configuration(configuration: str, new_id: Callable[[], str]) -> tuple[tuple[Step, ...], dict[str, str]]:
    """Parse the steps and the environment of a YAML configuration. `steps: []` is valid."""
    document = _parsed(configuration)
    steps = document.get("steps") if is_mapping(document) else document
    if not is_array(steps):
        raise invalid_fields(FieldError("configuration", "has no steps"))
    env = document.get("env") if is_mapping(document) else None
    return _parse_steps("configuration", steps, new_id), strings(env)


@lru_cache(maxsize=64)
def _parsed(configuration: str) -> object:
    if len(configuration) > _LONGEST_CONFIGURATION:
        raise invalid_fields(FieldError("configuration", "is too long"))
    try:
        return load_yaml(configuration)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise invalid_fields(FieldError("configuration", f"is not valid YAML ({type(error).__name__})")) from error


def from_visual(steps: Sequence[Any], new_id: Callable[[], str]) -> tuple[Step, ...]:
    """Parse the steps of a pipeline without YAML configuration."""
    return _parse_steps("steps", steps, new_id)


def _parse_steps(
    field: str, sources: Sequence[Any], new_id: Callable[[], str], group: str | None = None
) -> tuple[Step, ...]:
    """Parse steps, and those in groups, which have no groups in them."""
    steps: list[Step] = []
    for source in sources:
        step = {source: None} if isinstance(source, str) else source
        inner: object = step.get("steps") if is_mapping(step) and "group" in step else None
        if group is None and is_mapping(step) and is_array(inner):
            steps += _parse_steps(field, inner, new_id, _text(step.get("key")) or "")
        elif is_mapping(step) and (kind := _step_type(step)) is not None:
            steps.append(_parse_step(step, kind, new_id(), group or None))
        else:
            raise invalid_fields(FieldError(field, "has a step of an unknown type"))
    if job_count(steps) > MOST_JOBS:
        raise invalid_fields(FieldError(field, f"has more than {MOST_JOBS} jobs"))
    return tuple(steps)


def _parse_step(source: Mapping[str, Any], kind: StepType, identifier: str, group: str | None) -> Step:
    return Step(
        type=kind,
        id=identifier,
        key=_text(source.get("key")),
        name=_text(source.get("label") or source.get("name") or source.get("block") or source.get("input")),
        branch_configuration=_text(source.get("branch_configuration") or source.get("branches")),
        group_key=group,
        trigger=_parse_trigger(source) if kind == "trigger" else None,
        command=next((_lines(source[word]) for word in _COMMANDS if source.get(word) is not None), None),
        artifact_paths=_lines(source.get("artifact_paths")),
        env=strings(source.get("env")),
        timeout_in_minutes=_parse_count(source.get("timeout_in_minutes")),
        agent_query_rules=_parse_agents(source.get("agent_query_rules") or source.get("agents")),
        concurrency=_parse_count(source.get("concurrency")),
        parallelism=_parse_count(source.get("parallelism")) if kind == "script" else None,
        soft_fail=source.get("soft_fail") in (True, "true"),
    )


def _step_type(source: Mapping[str, Any]) -> StepType | None:
    explicit = _TYPES.get(_text(source.get("type")) or "")
    return explicit or next((_TYPES[word] for word in _TYPES if word in source), None)


def _parse_trigger(source: Mapping[str, Any]) -> Json:
    build = source.get("build")
    attributes: Mapping[str, Any] = build if is_mapping(build) else {}
    named = {
        name: _text(attributes.get(name) or source.get(f"trigger_{name}")) for name in ("branch", "commit", "message")
    }
    return {
        "pipeline": str(source.get("trigger_project_slug") or source.get("trigger") or ""),
        "async": (source.get("trigger_async") or source.get("async")) in (True, "true"),
        "build": {**named, "env": None},
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _lines(value: object) -> str | None:
    if is_array(value):
        return "\n".join(line for line in value if isinstance(line, str))
    return _text(value)


def _parse_count(value: object) -> int | None:
    digits = as_string(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _parse_agents(value: object) -> tuple[str, ...]:
    if is_mapping(value):
        return tuple(f"{key}={item}" for key, item in value.items() if isinstance(item, str))
    return tuple(rule for rule in value if isinstance(rule, str)) if is_array(value) else ()


#: Attributes that steps show, by type.
_SHOWN: Mapping[StepType, tuple[str, ...]] = {
    "waiter": (),
    "manual": (),
    "trigger": ("branch_configuration", "concurrency", "parallelism"),
    "script": (
        *("name", "command", "artifact_paths", "branch_configuration", "env", "timeout_in_minutes"),
        *("agent_query_rules", "concurrency", "parallelism"),
    ),
}


def step_json(step: Step) -> Json:
    """Return the JSON of a step."""
    body: Json = {"type": step.type, **{name: getattr(step, name) for name in _SHOWN[step.type]}}
    if step.type in {"manual", "trigger"}:
        body["label"] = step.name
    return {**body, **(step.trigger or {})}
