"""Snapshots of everything that a mock server keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

import attrs

from buildkite_rest.mock.backend import Backend

#: Attributes that a request changes although it changes nothing: clocks, counters, logs of requests, and when an agent
#: finished its last job, which may be of a build that was deleted with its pipeline.
_EXCLUDED: Final = frozenset(
    {
        "clock",
        "_counters",
        "counters",
        "audit_events",
        "live",
        "ids",
        "last_used_at",
        "last_job_finished_at",
        "usage",
        "results",
        "execution_tags_at",
    }
)


def snapshot(backend: Backend) -> dict[str, object]:
    """Return the simple values of a backend by their paths."""
    for build in [*backend.builds.values()]:
        list(build.jobs)  # made at the first access
    return dict(_values(backend, "", {}))


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return lines for the values that differ."""
    missing = object()
    return [
        f"{path}: {before.get(path, '-')!r} -> {after.get(path, '-')!r}"
        for path in {**before, **after}
        if before.get(path, missing) != after.get(path, missing)
    ]


def summary(lines: list[str]) -> Counter[str]:
    """Count differences by the path without keys."""
    return Counter(".".join(part for part in line.split(":")[0].split(".") if "[" not in part) for line in lines)


def _values(value: Any, path: str, seen: dict[int, str]) -> Iterator[tuple[str, object]]:
    if value is None or isinstance(value, str | int | float | bytes | bool):
        yield path, value
        return
    if id(value) in seen:
        yield path, f"= {seen[id(value)]}"
        return
    seen[id(value)] = path
    if attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            if attribute.name not in _EXCLUDED:
                yield from _values(getattr(value, attribute.name), f"{path}.{attribute.name}", seen)
    elif isinstance(value, Mapping):
        yield f"{path}.keys", sorted(map(str, value))
        for key, item in value.items():
            yield from _values(item, f"{path}[{key}]", seen)
    elif isinstance(value, Set):
        yield path, sorted(map(str, value))
    elif isinstance(value, list | tuple):
        yield f"{path}.len", len(value)
        for index, item in enumerate(value):
            yield from _values(item, f"{path}[{index}]", seen)
    else:
        yield path, type(value).__name__
