"""The order of a list: `x-order` names a property, after `-` if it descends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

from attrs import frozen

from .filters import at
from .page_items import key_of
from .response_times import parse_time
from .spec import Operation, Spec


@frozen
class DocumentedOrders:
    """The orders of all lists, and the parameters that change them."""

    orders: Mapping[str, tuple[str, frozenset[str]]]
    """Orders and names of parameters by the label of the operation."""

    @classmethod
    def of(cls, spec: Spec) -> DocumentedOrders:
        """Read the orders of a spec."""
        found = ((each, order_of(spec, each)) for each in spec.operations)
        return cls({each.label: (order, _sorting(spec, each)) for each, order in found if order is not None})

    def problems(self, label: str, query: str, items: Sequence[Any]) -> Iterator[str]:
        """Yield a message if the items of a page are in another order."""
        if label in self.orders:
            order, sorting = self.orders[label]
            if sorting.isdisjoint(parse_qs(query, keep_blank_values=True)):
                yield from order_problems(order, items)


def _sorting(spec: Spec, operation: Operation) -> frozenset[str]:
    parameters = spec.query_parameters(operation).items()
    return frozenset(name for name, parameter in parameters if "x-sorts" in parameter)


def order_of(spec: Spec, operation: Operation) -> str | None:
    """Return the documented order of a list, as a property after `-` if it descends."""
    order = spec.node(operation).get("x-order")
    return order if isinstance(order, str) else None


def order_problems(order: str, items: Sequence[Any]) -> Iterator[str]:
    """Yield a message for the first two neighbours in the wrong order. Items without a value may be anywhere."""
    path, descends = order.lstrip("-"), order.startswith("-")
    known = [(at(item, path), item) for item in items if at(item, path) is not None]
    for (one, first), (other, second) in pairwise(known):
        lower, upper = (other, one) if descends else (one, other)
        if _is_after(lower, upper):
            direction = "descending" if descends else "ascending"
            where = f"{key_of(second)[:80]} ({other}) comes after {key_of(first)[:80]} ({one})"
            yield f"the order is not {direction} by {path}: {where}"
            return


def _is_after(one: Any, other: Any) -> bool:
    """Return whether `one` is greater by each way of comparing them. Texts may be compared without case."""
    times = parse_time(one), parse_time(other)
    if isinstance(one, str) and isinstance(other, str):
        if times[0] is not None and times[1] is not None:
            return times[0] > times[1]
        return one > other and one.casefold() > other.casefold()
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one > other
    return False
