"""Queries that are refused stay refused beside valid parameters, after valid values and in other shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_array
from ..documented_refusals import Refusal
from ..filter_trials import is_direct, unknown
from ..filters import filters_of
from ..spec import Operation, Spec

_PAGE: Final = "page"


def stricter_queries(
    spec: Spec, operation: Operation, refusal: Refusal, query: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield queries of a list that must be refused like one that is documented.

    A query that is refused for its page is not: fewer items may match a filter than there are before the page.
    """
    is_refused_for_path = refusal.path or not (query or refusal.when or refusal.also)
    if operation.method != "GET" or is_refused_for_path or _PAGE in query:
        return
    declared = spec.query_parameters(operation)
    if query and _PAGE in declared:
        yield {**query, _PAGE: 2}
    for name, value in query.items():
        enum = as_array(spec.resolve(spec.resolve(declared.get(name, {}).get("schema")).get("items")).get("enum"))
        if enum and value not in enum[:1]:
            yield {**query, name: [enum[0], value]}
        scalar = name.removesuffix("[]")
        if scalar != name and name not in declared and scalar in declared:
            rest = {other: each for other, each in query.items() if other != name}
            yield {**rest, f"{scalar}[key]": value}
    beside = _valid_filter(spec, operation, refusal, query)
    if beside:
        yield {**query, **beside}


def _valid_filter(spec: Spec, operation: Operation, refusal: Refusal, query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a filter that is not part of a query, with a valid value."""
    used = {name.removesuffix("[]") for name in query}
    for each in filters_of(spec, operation):
        value = each.enum[0] if each.enum else unknown(each)
        is_possible = is_direct(each) and each.headers.items() <= refusal.headers.items()
        if is_possible and isinstance(value, str) and each.name.removesuffix("[]") not in used:
            return {each.name: [value] if each.is_array else value}
    return {}
