"""Checks of what is below an object in its path, such as the content of an artifact, and of filters by its id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._base.json_values import as_object, is_object
from ..filters import filters_of
from ..identities import is_uuid
from ..loopback import is_local
from ..page_items import items_of
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .checks import DELETED, LIST, PARENT
from .kinds import Kind
from .updatable import Updatable


def single_reads(bench: Bench, subject: Subject) -> list[Operation]:
    """Return the operations that read something below an object other than lists, settings for example."""
    start = f"{subject.kind.path}/"
    return [
        each
        for each in bench.spec.operations
        if each.method == "GET" and each.path.startswith(start) and {*each.parameters} == {*subject.values}
        if each.pagination == "none" and not bench.spec.needs_query(each) and bench.wants(each)
    ]


def read_below(bench: Bench, subject: Subject) -> list[Operation]:
    """Read what is below an object that a run deletes or renames. Returns the operations that succeed."""
    found = [each for each in single_reads(bench, subject) if each.id not in bench.cleared]
    return [each for each in found if bench.send(each, subject.values).status < 400]


def check_gone_below(bench: Bench, subject: Subject, reads: list[Operation], cause: Response) -> None:
    """Check that what was read below a deleted object is gone, once for each operation."""

    def rule(found: Response) -> Iterator[str]:
        if found.status < 400:
            yield "what belongs to the deleted object can be read, as before"

    for operation in reads:
        bench.cleared.add(operation.id)
        bench.check(DELETED, operation, subject.values, rule, cause)


def check_filters_by(bench: Bench, subject: Subject, cause: Response) -> None:
    """Check that filters of other lists by the id of a deleted object find nothing, on this machine."""
    if not is_local(bench.session.options.base_url) or subject.kind.path in bench.cleared:
        return
    bench.cleared.add(subject.kind.path)
    value = subject.values[subject.kind.parameter]
    for operation in bench.spec.operations:
        if operation is subject.kind.list or operation.method != "GET" or not bench.wants(operation):
            continue
        if not {*operation.parameters} <= subject.values.keys():
            continue
        for each in filters_of(bench.spec, operation):
            if _names(each.name, subject.kind):
                response = bench.send(operation, subject.values, query={each.name: value})
                found = [f"the list with {each.name} of a deleted object is not empty"] if _is_full(response) else []
                bench.report(LIST, found, response, cause)


def _names(name: str, kind: Kind) -> bool:
    """Return whether a parameter has the id of an object of a kind, such as `cluster_queue_id` that of a queue."""
    return name.endswith(("_id", "_uuid")) and name.endswith(kind.parameter) and kind.parameter.endswith(("id", "uuid"))


def _is_full(response: Response) -> bool:
    return response.ok and bool(items_of(response.body))


def check_other_parts(target: Updatable, others: list[Subject]) -> None:
    """Check that no property of an object refers to a part of another object of its kind."""
    subject = target.subject
    other = next((each for each in others if each.kind is subject.kind and each.values != subject.values), None)
    if other is None:
        return
    for name in sorted(target.accepted):
        made = target.bench.make(name, other)
        if made is None:
            continue
        response = target.send(target.required_of(target.state()) | {name: made})
        messages = [f"{name} is accepted, although it belongs to another object"] if response.ok else []
        target.bench.report(PARENT, messages, response, response)


def check_former_reference(bench: Bench, subject: Subject, former: object) -> None:
    """Check that a new object cannot refer to a renamed one by its former slug, on this machine."""
    noun = subject.kind.parameter
    for operation in bench.spec.operations if is_local(bench.session.options.base_url) else ():
        if operation.method != "POST" or {*operation.parameters} != {"org"} or not bench.wants(operation):
            continue
        for example in operation.body_examples[:1]:
            body = bench.bodies.body(operation, example, 0, subject.values)
            name = next((each for each in _names_in(body) if each.endswith(f"_{noun}")), None)
            if name is None:
                continue
            response = bench.send(operation, subject.values, _with(body, name, former))
            messages = [f"{name} may be the former {noun} of a renamed object"] if response.ok else []
            bench.report(DELETED, messages, response, response)


def _names_in(body: Any) -> Iterator[str]:
    """Yield the properties of a body with texts, also of those in others."""
    for name, value in as_object(body).items():
        if isinstance(value, str) and not is_uuid(value):
            yield name
        yield from _names_in(value)


def _with(body: Any, name: str, value: object) -> Any:
    """Return a body with another value of a property, which may be in another one."""
    return {
        key: value if key == name else _with(each, name, value) if is_object(each) else each
        for key, each in as_object(body).items()
    }
