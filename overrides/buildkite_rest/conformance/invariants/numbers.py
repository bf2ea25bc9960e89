"""Rules for numbers: counts and sizes agree with contents and are not negative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any, Final

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..._base.plurals import plural
from .nodes import Node, is_number

#: Ends of the names of quantities, which are never negative.
_QUANTITIES: Final = (
    *("_count", "_bytes", "_size", "size", "_mb", "_ms", "_in_minutes", "duration", "_total", "_index", "limit"),
    *("current", "remaining", "used", "number", "reset", "duration_avg", "duration_sum", "duration_min"),
)
_MAX_PRIORITY: Final = 10
#: Texts and their sizes.
_SIZES: Final[Mapping[str, str]] = {"content": "size", "definition_yaml": "definition_bytes"}


def shows_sizes(value: Mapping[str, Any]) -> bool:
    """Return whether an object has no text with a size, or one that has more bytes than characters."""
    texts = [value[text] for text, size in _SIZES.items() if isinstance(value.get(text), str) and size in value]
    return not texts or any(not text.replace("\ufffd", "").isascii() for text in texts)


def number_problems(node: Node) -> Iterator[str]:
    """Check the numbers of an object."""
    value = node.value
    for name, number in value.items():
        if is_number(number) and number < 0 and name.endswith(_QUANTITIES) and node.name != "priority":
            yield f"{node.label(name)} is negative: {number}"
        items = value.get(name.removesuffix("_count")) if name.endswith("_count") else None
        if is_array(items) and is_number(number) and number != len(items):
            yield f"{node.label(name)} is {number}, but the array has {plural(len(items), 'item')}"
    yield from _size_problems(node)
    yield from _metrics_problems(node)
    yield from _range_problems(node)
    if is_object(value.get("job_state_counts")):
        yield from _state_count_problems(node)


def count_problems(node: Node) -> Iterator[str]:
    """Check that the counted jobs are those of a build from which the request has left out nothing."""
    counts, jobs = as_object(node.value.get("job_state_counts")).get("states"), node.value.get("jobs")
    if is_object(counts) and is_array(jobs):
        states = Counter(str(as_object(job).get("state")) for job in jobs)
        if states != {state: number for state, number in counts.items() if number}:
            yield f"{node.label('job_state_counts')}.states is {dict(counts)}, but the jobs have {dict(states)}"


def _size_problems(node: Node) -> Iterator[str]:
    """Check the sizes of texts. A replacement character stands for up to three bytes of invalid UTF-8."""
    value = node.value
    for text_name, size_name in _SIZES.items():
        text, size = value.get(text_name), value.get(size_name)
        if not isinstance(text, str) or not is_number(size):
            continue
        length, replaced = len(text.encode("utf-8", "surrogatepass")), text.count("\ufffd")
        if not length - 2 * replaced <= size <= length:
            yield f"{node.label(size_name)} is {size}, but {text_name} has {plural(length, 'byte')}"
    omitted = value.get("definition_yaml_omitted")
    if "definition_yaml" in value and omitted is (value["definition_yaml"] is not None):
        yield f"{node.label('definition_yaml_omitted')} is {omitted}, which definition_yaml contradicts"
    times = as_array(value.get("header_times"))
    if all(map(is_number, times)) and list(times) != sorted(times):
        yield f"{node.label('header_times')} are not in order"


def _metrics_problems(node: Node) -> Iterator[str]:
    """Check that minimum, average, maximum, sum and count of durations agree."""
    value = node.value
    low, average, high = (value.get(f"duration_{name}") for name in ("min", "avg", "max"))
    total, count = value.get("duration_sum"), value.get("executions_count")
    for smaller, larger, names in (
        (low, average, "min, avg"),
        (average, high, "avg, max"),
        (low, high, "min, max"),
        (high, total, "max, sum"),
    ):
        if is_number(smaller) and is_number(larger) and smaller > larger * (1 + 1e-6) + 1e-6:
            yield f"{node.label('duration')}: {names} are {smaller} and {larger}"
    results = dict(as_object(value.get("executions_count_by_result")))
    if not is_number(count):
        return
    # Not every execution has a duration.
    if is_number(total) and is_number(average) and total > average * count * 1.02 + 1e-3:
        yield f"{node.label('duration_sum')} is {total}, but {count} executions take {average} on average"
    if results and all(map(is_number, results.values())) and sum(results.values()) != count:
        yield f"{node.label('executions_count')} is {count}, but the results add up to {sum(results.values())}"
    for name in ("duration_min", "duration_avg", "duration_max", "duration_sum"):
        if count == 0 and value.get(name) is not None:
            yield f"{node.label(name)} is {value[name]}, but executions_count is 0"
    passed, failed, reliability = results.get("passed"), results.get("failed"), value.get("reliability")
    if is_number(passed) and is_number(failed) and "reliability" in value:
        expected = passed / (passed + failed) if passed + failed > 0 else None
        is_close = is_number(reliability) and expected is not None and isclose(reliability, expected, abs_tol=0.011)
        if not is_close and reliability != expected:
            yield f"{node.label('reliability')} is {reliability} with {passed} passed and {failed} failed"


def _range_problems(node: Node) -> Iterator[str]:
    value = node.value
    if is_number(reliability := value.get("reliability")) and not 0 <= reliability <= 1:
        yield f"{node.label('reliability')} is not between 0 and 1: {reliability}"
    index, total = value.get("parallel_group_index"), value.get("parallel_group_total")
    if is_number(index) and is_number(total) and index >= total:
        yield f"{node.label('parallel_group_index')} is {index} of {total}"
    if is_object(value.get("retry_source")) and value.get("retries_count") == 0:
        yield f"{node.label('retries_count')} is 0 for a retry"
    limit, used, remaining = (value.get(name) for name in ("limit", "used", "remaining"))
    if is_number(limit) and is_number(remaining):
        if remaining > limit:
            yield f"{node.label('remaining')} is {remaining} of {limit}"
        elif is_number(used) and used <= limit and used + remaining != limit:
            yield f"{node.label('used')} is {used} with {remaining} of {limit} remaining"
    if "style" in value and is_number(priority := value.get("priority")) and not 1 <= priority <= _MAX_PRIORITY:
        yield f"{node.label('priority')} is not between 1 and {_MAX_PRIORITY}: {priority}"


def _state_count_problems(node: Node) -> Iterator[str]:
    """Check that the jobs of a build are counted. The counts include jobs that the request left out."""
    total, counts = (as_object(node.value["job_state_counts"]).get(name) for name in ("total", "states"))
    counts = as_object(counts)
    numbers = [number for number in counts.values() if is_number(number)]
    if is_number(total) and total != sum(numbers):
        yield f"{node.label('job_state_counts')}.total is {total}, but the states add up to {sum(numbers)}"
    listed = Counter(str(as_object(job).get("state")) for job in as_array(node.value.get("jobs")) if as_object(job))
    for state, number in listed.items():
        if is_number(counted := counts.get(state, 0)) and counted < number:
            yield f"{node.label('job_state_counts')} has {counted} {state} jobs, but {number} are listed"
    for state, number in counts.items():
        if is_number(number) and number < 0:
            yield f"{node.label('job_state_counts')}.{state} is negative: {number}"
