"""Checks of keys, texts and arrays: each one that the documented pattern and length allow is accepted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..loopback import is_local
from ..names import unique_name
from ..spec import Operation
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIMIT, VALUE
from .comparison import lost_values
from .values import BodyRules, is_name, properties, request_schema, types, unique

#: Statuses of a refused value.
_REFUSED: Final = frozenset({400, 422})
_SLUG: Final = "slug"
#: Characters of a long text, if the length has no limit.
_LONG: Final = 60
#: Prefixes that Buildkite uses itself.
_RESERVED: Final = ("BUILDKITE", "BK")
#: Longest text to send.
_LONGEST: Final = 10_000


def check_limits(bench: Bench, subject: Subject) -> None:
    """Create objects with keys of different characters and of the longest length."""
    operation = subject.kind.create
    if operation is None or not _is_possible(bench, operation):
        return
    schema = request_schema(bench.spec, operation)
    rules = BodyRules.of(schema)
    for name, node in properties(bench.spec, schema).items():
        if "pattern" not in node or name not in rules.unique:
            continue
        for number, value in enumerate(valid_texts(node)):
            if name == _SLUG and value != value.lower():
                continue  # slugs in URLs are in lower case
            base = bench.bodies.body(operation, operation.body_examples[0], number, subject.values)
            response = bench.send(operation, subject.values, {**base, name: value})
            problems: list[str] = []
            if response.ok:
                bench.report(VALUE, lost_values({name: value}, response.body, rules.pointers), response, response)
                bench.created_again(subject, response)
            elif response.status in _REFUSED:
                other = unique(name, str(as_object(operation.body_examples[0]).get(name)), node)
                control = bench.send(operation, subject.values, {**base, name: other})
                if control.ok:
                    bench.created_again(subject, control)
                    problems.append(f"{name} {value!r} is refused, although the documented pattern allows it")
            bench.report(LIMIT, problems, response, response)


def check_longest(bench: Bench, subject: Subject) -> None:
    """Create objects with the longest text of each property whose length has a limit."""
    operation = subject.kind.create
    if operation is None or not _is_possible(bench, operation):
        return
    for number, (name, node) in enumerate(properties(bench.spec, request_schema(bench.spec, operation)).items()):
        longest = node.get("maxLength", as_object(node.get("x-strict")).get("maxLength"))
        if not isinstance(longest, int) or {"pattern", "format", "enum"} & node.keys() or longest > _LONGEST:
            continue
        base = bench.bodies.body(operation, operation.body_examples[0], number, subject.values)
        text = (unique_name() if is_name(name) else "").ljust(longest, "x")[:longest]
        if not bench.session.allows(operation, values_of(operation, subject.values), body={**base, name: text}):
            continue
        response = bench.send(operation, subject.values, {**base, name: text})
        problems = [f"{name} with {longest} characters is refused"] if response.status in _REFUSED else []
        bench.report(LIMIT, problems, response, response)
        if response.ok:
            bench.created_again(subject, response)


def check_empty_arrays(bench: Bench, subject: Subject) -> None:
    """Create an object with an empty array in place of each one that is optional."""
    operation = subject.kind.create
    if operation is None or not _is_possible(bench, operation):
        return
    schema = request_schema(bench.spec, operation)
    needed = BodyRules.of(schema).needed.union(schema.get("required", ()))
    known = properties(bench.spec, schema).items()
    empty: dict[str, list[Any]] = {name: [] for name, node in known if name not in needed and _may_be_empty(node)}
    if not empty:
        return
    base = bench.bodies.body(operation, operation.body_examples[-1], len(empty), subject.values)
    response = bench.send(operation, subject.values, {**base, **empty})
    bench.report_refused(f"an empty array as {' and '.join(empty)}", response)
    if response.ok:
        bench.created_again(subject, response)


def _may_be_empty(node: Mapping[str, Any]) -> bool:
    return types(node) >= {"array"} and not node.get("minItems") and not node.get("deprecated")


def _is_possible(bench: Bench, operation: Operation) -> bool:
    """Return whether objects whose names do not show that the run has created them may be created."""
    is_local_server = is_local(bench.session.options.base_url)
    return is_local_server and bench.wants(operation) and bool(operation.body_examples)


def valid_texts(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts of different characters that a schema allows, and the longest one."""
    longest, pattern = int(schema.get("maxLength", _LONG)), str(schema["pattern"])
    forms = ("{}", "{}9", "9{}", "{}_x", "{}-x", "{}.x", *_like_reserved(pattern), "{}" + "x" * longest)
    for form in forms:
        for text in (form.format(_letters()), form.format(_letters()).upper())[: 2 if form == "{}" else 1]:
            if re.search(pattern, text[:longest]):
                yield text[:longest]


def _like_reserved(pattern: str) -> Iterator[str]:
    """Yield forms with a reserved prefix inside, and with a part of one at the beginning."""
    for word in _RESERVED:
        if not re.search(pattern, f"{word}_x") and re.search(pattern, f"x_{word}"):
            yield from (f"{{}}_{word}_x", f"{word[: (len(word) + 1) // 2]}_{{}}")


def _letters() -> str:
    """Return random letters."""
    return uuid.uuid4().hex.translate({ord(digit): "ghjkmnpqrs"[int(digit)] for digit in "0123456789"})[:12]
