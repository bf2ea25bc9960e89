"""Requests that schemathesis generates from the spec: valid and invalid ones, sent for objects that exist.

They try what nobody has thought of. The rules judge the responses; what is sent here is only known to be valid or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.generation import GenerationMode

from ..._base.json_values import is_array, is_object
from ..api import Operation
from ..exchange import NO_BODY, Query, Request
from ..executor import Executor, Finding
from ..values import shown
from .objects import body_of, example_body

CHECK: Final = "negative_data_rejection"
#: Valid and invalid requests for an operation, each.
_EXAMPLES: Final = 3
#: Objects to try an example with.
_OBJECTS: Final = 10
_JSON: Final = "application/json"
#: Large and unlikely requests are welcome.
_UNCHECKED: Final = (HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.too_slow)


def send_generated(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send generated requests to each operation that has more than a path."""
    schema = schemathesis.openapi.from_dict(dict(executor.api.raw))
    for operation in operations:
        if operation.body_media_type not in {"", _JSON} or not (operation.has_body or operation.query):
            continue
        yield operation
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = _cases(schema[operation.path][operation.method], mode, executor)
            for case, values in zip(cases, cycle(executor.world.objects(operation)), strict=False):
                _send(executor, operation, case, values)


def send_examples(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send the operations that have not succeeded yet as the spec shows them, reads last."""
    for operation in sorted(operations, key=lambda each: each.is_read):
        if executor.results.outcomes[operation.label].succeeded:
            continue
        yield operation
        query = {name: each.example for name, each in operation.query.items() if each.is_required}
        for values in executor.world.objects(operation)[:_OBJECTS]:
            body = example_body(executor, operation, values)
            request = Request(operation, values, query, body=body, why="that the spec shows")
            if executor.permits(request) and executor.send(request).ok:
                break


def _cases(operation: Any, mode: GenerationMode, executor: Executor) -> list[schemathesis.Case[Any]]:
    """Generate requests, always the same ones for a seed."""
    cases: list[schemathesis.Case[Any]] = []

    @seed(executor.options.seed)
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=_UNCHECKED,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: schemathesis.Case[Any]) -> None:
        cases.append(case)

    collect()
    return cases


def _send(executor: Executor, operation: Operation, case: schemathesis.Case[Any], values: Any) -> None:
    """Send a case for an object, and report an invalid body that is accepted."""
    body: Any = case.body if is_object(case.body) or is_array(case.body) else NO_BODY
    problem = None if body is NO_BODY else next(executor.api.body_problems(operation, body), None)
    if problem is None and is_object(body):
        body = body_of(executor, operation, body, values)
    query: Query = case.as_transport_kwargs(base_url=executor.options.base_url).get("params") or {}
    request = Request(operation, values, query, body=body, why="that was generated")
    if not executor.permits(request):
        return
    exchange = executor.send(request)
    if problem is not None and exchange.ok:
        executor.report(Finding(CHECK, f"the invalid body {shown(body)} is accepted: {problem}", exchange))
