"""Rules for states: a state, the times of its events, and the results of an object agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..._base.json_values import as_array, as_object
from ..._base.states import UNFINISHED_STATES, UNSTARTED_STATES
from .nodes import Node, is_number

#: States before the end of the wait for a concurrency group.
_WAITING: Final = frozenset(
    {"pending", "waiting", "waiting_failed", "blocked", "blocked_failed", "limiting", "limited"}
)
#: States of a job that has an agent.
_ACTIVE: Final = frozenset({"assigned", "accepted", "running"})
_RESULTS: Final = frozenset({"passed", "failed"})
_STOPPED: Final = frozenset({"canceled", "timed_out"})
#: States with a time that is set in this state and in no other, by the times of all of them.
_FINAL: Final = ("accepted", "revoked", "expired")
#: States of an agent that has gone, which a connected one has no time of.
_GONE: Final = ("disconnected", "lost", "stopped")
#: Times that an agent does not have, by its state.
_CONTRADICTING: Final[Mapping[str, Sequence[str]]] = {
    "never_connected": ("connected", *_GONE),
    "connected": _GONE,
    "stopping": _GONE,
    "disconnected": ("lost", "stopped"),
    "stopped": ("lost",),
    "lost": ("disconnected", "stopped"),
}
#: Events of which the user is known.
_WITH_USER: Final = ("accepted", "revoked", "enabled")
#: Suffixes of what is known about a flag that is set: `paused`, `paused_at`, `paused_by`.
_DETAILS: Final = ("_at", "_by", "_note")


def state_problems(node: Node) -> Iterator[str]:
    """Check states and flags against the rest of the object."""
    value = node.value
    yield from _event_problems(node)
    yield from _flag_problems(node)
    if isinstance(value.get("state"), str) and "finished_at" in value:
        yield from _progress_problems(node, value["state"])
    if "exit_status" in value and isinstance(value.get("state"), str):
        yield from _exit_problems(node, value["state"])
    yield from _pair_problems(node)
    yield from _scope_problems(node)
    yield from _image_problems(node)


def _image_problems(node: Node) -> Iterator[str]:
    """Check that only an image that was built has a reference, and that one that could not be built has an error."""
    status = node.value.get("status")
    for name, state in (("image_ref", "READY"), ("last_build_error", "FAILED")):
        if name in node.value and status in {"READY", "BUILDING", "FAILED"}:
            is_set = node.value[name] is not None
            if (status == state and not is_set) or (is_set and status != state and name == "image_ref"):
                yield f"{node.label('status')} is {status} with the {name} {node.value[name]!r}"


def _event_problems(node: Node) -> Iterator[str]:
    """Check that the time of the event that led to a state is known, and of none that contradicts it."""
    value = node.value
    connection, state = value.get("connection_state"), value.get("state")
    times = {name: value[f"{name}_at"] for name in (*_FINAL, *_GONE, "connected") if f"{name}_at" in value}
    if isinstance(connection, str):
        if connection in times and times[connection] is None:
            yield f"{node.label('connection_state')} is {connection!r} without {connection}_at"
        contradicting = _CONTRADICTING.get(connection, ())
        for name in contradicting:
            if times.get(name) is not None:
                yield f"{node.label('connection_state')} is {connection!r} with {name}_at {times[name]}"
    if isinstance(state, str) and times.keys() >= set(_FINAL):
        for name in _FINAL:
            if (name == state) != (times[name] is not None):
                yield f"{node.label('state')} is {state!r} with {name}_at {times[name]}"
    if state in ("scheduled", "unblocked") and f"{state}_at" in value and value[f"{state}_at"] is None:
        yield f"{node.label('state')} is {state!r} without {state}_at"


def _flag_problems(node: Node) -> Iterator[str]:
    """Check that a flag is set if and only if it is known since when."""
    for name, flag in node.value.items():
        if not isinstance(flag, bool):
            continue
        if not flag:
            for suffix in _DETAILS:
                if node.value.get(f"{name}{suffix}") is not None:
                    yield f"{node.label(name)} is false with {name}{suffix}"
        elif f"{name}_at" in node.value and node.value[f"{name}_at"] is None:
            yield f"{node.label(name)} is true without {name}_at"
    if node.value.get("enabled") is True:
        for name in ("disabled_at", "disabled_by"):
            if node.value.get(name) is not None:
                yield f"{node.label('enabled')} is true with {name}"
    yield from _user_problems(node)


def _user_problems(node: Node) -> Iterator[str]:
    """Check that the user and the time of an event are known together."""
    for name in _WITH_USER:
        if node.value.get(f"{name}_at") is not None and node.value.get(f"{name}_by", name) is None:
            yield f"{node.label(f'{name}_at')} is set without {name}_by"
    for name in node.value:
        if name.endswith("_by") and node.value[name] is not None:
            time = f"{name.removesuffix('_by')}_at"
            if time in node.value and node.value[time] is None:
                yield f"{node.label(name)} is set without {time}"


def _progress_problems(node: Node, state: str) -> Iterator[str]:
    """Check the times of a build or of a job with a command against its state."""
    value = node.value
    is_build = "number" in value
    started = value.get("started_at")
    if is_build:
        yield from _build_problems(node, state)
    if state in UNFINISHED_STATES and value["finished_at"] is not None:
        yield f"{node.label('state')} is {state!r} with finished_at {value['finished_at']}"
    if state in UNSTARTED_STATES and started is not None and not is_build:
        yield f"{node.label('state')} is {state!r} with started_at {started}"
    if value.get("type", "script") != "script":
        return
    # A job may be canceled before it has started.
    is_over = state in _RESULTS or (state in _STOPPED and (is_build or started is not None))
    if is_over and value["finished_at"] is None and value.get("blocked") is not True:
        yield f"{node.label('state')} is {state!r} without finished_at"
    if state == "running" and "started_at" in value and started is None:
        yield f"{node.label('state')} is {state!r} without started_at"


def _build_problems(node: Node, state: str) -> Iterator[str]:
    """Check what a build knows about its state, and its jobs."""
    value = node.value
    if value.get("cancel_reason") and state not in {"canceled", "canceling"}:
        yield f"{node.label('state')} is {state!r} with cancel_reason {value['cancel_reason']!r}"
    if state == "failing" and "failing_at" in value and value["failing_at"] is None:
        yield f"{node.label('state')} is 'failing' without failing_at"
    if state in {"passed", "canceled"} and value.get("blocked") is not True:
        for job in as_array(value.get("jobs")):
            if as_object(job).get("state") in _ACTIVE:
                yield f"{node.label('state')} is {state!r} with a job that is {job['state']!r}"
                return


def _exit_problems(node: Node, state: str) -> Iterator[str]:
    """Check the exit status, agent and outcome of a job against its state."""
    value = node.value
    status, soft_failed = value["exit_status"], value.get("soft_failed") is True
    if state in UNFINISHED_STATES - {"canceling", "timing_out"} and status is not None:
        yield f"{node.label('state')} is {state!r} with exit_status {status}"
    if is_number(status):
        if state == "passed" and status != 0 and not soft_failed:
            yield f"{node.label('state')} is 'passed' with exit_status {status}"
        if state == "failed" and status == 0:
            yield f"{node.label('state')} is 'failed' with exit_status 0"
        if soft_failed and status == 0:
            yield f"{node.label('soft_failed')} is true with exit_status 0"
    if soft_failed and state in UNFINISHED_STATES:
        yield f"{node.label('soft_failed')} is true in the state {state!r}"
    is_inside_agent = node.name == "job"
    if state == "running" and "agent" in value and value["agent"] is None and not is_inside_agent:
        yield f"{node.label('state')} is 'running' without agent"
    if state in UNSTARTED_STATES - {"assigned", "accepted", "reserved"} and value.get("agent") is not None:
        yield f"{node.label('state')} is {state!r} with an agent"
    if state in _WAITING and value.get("concurrency_wait_time_ms") is not None:
        yield f"{node.label('state')} is {state!r} with concurrency_wait_time_ms {value['concurrency_wait_time_ms']}"
    if state != "broken" and value.get("broken_reason") is not None:
        yield f"{node.label('broken_reason')} is set in the state {state!r}"


def _scope_problems(node: Node) -> Iterator[str]:
    """Check that what a scope selects is known, and nothing else."""
    value = node.value
    if value.get("scope") == "all" and value.get("scope_uuids"):
        yield f"{node.label('scope')} is 'all' with scope_uuids"
    if value.get("scope") == "job" and "job_id" in value and value["job_id"] is None:
        yield f"{node.label('scope')} is 'job' without job_id"
    if value.get("scope") == "build" and value.get("job_id") is not None:
        yield f"{node.label('scope')} is 'build' with job_id {value['job_id']}"


def _pair_problems(node: Node) -> Iterator[str]:
    """Check properties that are set together."""
    value = node.value
    retried, retry = value.get("retried"), value.get("retried_in_job_id")
    if isinstance(retried, bool) and "retried_in_job_id" in value and retried is (retry is None):
        yield f"{node.label('retried')} is {retried} with retried_in_job_id {retry}"
    if "blocked" in value and "blocked_state" in value and bool(value["blocked"]) != bool(value["blocked_state"]):
        yield f"{node.label('blocked')} is {value['blocked']} with blocked_state {value['blocked_state']!r}"
    if value.get("enabled") is False and value.get("next_build_at") is not None:
        yield f"{node.label('enabled')} is false with next_build_at {value['next_build_at']}"
    if {"enabled", "location", "strategy_id"} <= value.keys():
        for name in ("location", "strategy_id"):
            if bool(value["enabled"]) is (value[name] is None):
                yield f"{node.label('enabled')} is {value['enabled']} with {name} {value[name]}"
    for one, other in (("failed_at", "failed_message"), ("parallel_group_index", "parallel_group_total")):
        if one in value and other in value and (value[one] is None) != (value[other] is None):
            yield f"{node.label(one)} is {value[one]} with {other} {value[other]}"
    for name in value:
        stem = name.removesuffix("_url")
        if name.endswith("_url") and f"{stem}_id" in value and (value[name] is None) != (value[f"{stem}_id"] is None):
            yield f"{node.label(name)} is {value[name]} with {stem}_id {value[f'{stem}_id']}"
