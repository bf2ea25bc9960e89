"""Two properties that always have the same value, unlike in the examples: one is a copy of the wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, TypeAlias

from ..identities import identity_of
from ..invariants.nodes import nodes
from ..spec import Operation, Spec
from .examples import example_items

#: Different objects after which two properties are the same.
_ENOUGH: Final = 3
_INDEX: Final = re.compile(r"\[\d+\]")
#: Times that any other event may have: it can be the beginning of the object.
_BEGINNINGS: Final = frozenset({"created_at", "scheduled_at", "runnable_at"})

_Pair: TypeAlias = tuple[str, str, str]
"""A path in the objects, and the names of two properties there."""
_Values: TypeAlias = tuple[str | None, str | None, str]
"""Two values, and what identifies the object that has them."""


def same_pairs(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Yield the pairs of properties that are the same in all objects, and differ in all examples.

    Clients may set a property to the value of another one, so those that they set are left out.
    """
    settable = {name for each in spec.operations if each.tag == operation.tag for name in each.body_properties}
    known: Mapping[_Pair, set[_Values]] = {}
    if len(items) >= _ENOUGH:
        known = _pairs(list(example_items(spec, operation)), settable)
    found: Mapping[_Pair, set[_Values]] = _pairs(items, settable) if known else {}
    for (path, one, other), values in found.items():
        examples = known.get((path, one, other), set[_Values]())
        # One value of several objects is a coincidence, such as that of the only step of a pipeline.
        is_varied = len({first for first, _, _ in values}) > 1
        is_same = is_varied and len(values) >= _ENOUGH and all(first == second for first, second, _ in values)
        if is_same and examples and all(first != second for first, second, _ in examples):
            label = f"{path}.{one}" if path else one
            yield f"{label} is {other} in all of {len(values)} objects, but not in the examples"


def _pairs(items: Sequence[Any], settable: set[str]) -> Mapping[_Pair, set[_Values]]:
    """Return the values of each pair of texts, of which one may be null, in objects that have both."""
    found: dict[_Pair, set[_Values]] = {}
    for node in nodes(items):
        path = _INDEX.sub("", node.path).lstrip(".")
        identity = identity_of(node.value) or repr(node.value)
        texts: dict[str, str | None] = {
            name: value for name, value in node.value.items() if value is None or (isinstance(value, str) and value)
        }
        for one, other in combinations(sorted(texts.keys() - settable), 2):
            if (texts[one] is not None or texts[other] is not None) and not {one, other} & _BEGINNINGS:
                found.setdefault((path, one, other), set()).add((texts[one], texts[other], identity))
    return found
