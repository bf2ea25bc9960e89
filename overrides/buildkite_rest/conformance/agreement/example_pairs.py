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
#: Texts that users choose, and those that are made of them. A step, for example, may have its command as its key.
_NAMES: Final = frozenset({"name", "label", "slug", "key", "command", "hostname", "username"})

_Pair: TypeAlias = tuple[str, str, str]
"""A path in the objects, and the names of two properties there."""
_Values: TypeAlias = tuple[str | None, str | None, str]
"""Two values, and what identifies the object that has them."""


def same_pairs(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Yield the pairs of properties that are the same in all objects, and differ in all examples.

    Clients may set a property to the value of another one, so those that they set are left out, also in objects inside
    of others, and so are two names of one object.
    """
    known: Mapping[_Pair, set[_Values]] = {}
    if len(items) >= _ENOUGH:
        known = _pairs(spec, operation, list(example_items(spec, operation)))
    found: Mapping[_Pair, set[_Values]] = _pairs(spec, operation, items) if known else {}
    for (path, one, other), values in found.items():
        examples = known.get((path, one, other), set[_Values]())
        # One value of several objects is a coincidence, such as that of the only step of a pipeline.
        is_varied = len({first for first, _, _ in values}) > 1
        is_same = is_varied and len(values) >= _ENOUGH and all(first == second for first, second, _ in values)
        if is_same and examples and all(first != second for first, second, _ in examples):
            label = f"{path}.{one}" if path else one
            yield f"{label} is {other} in all of {len(values)} objects, but not in the examples"


def _pairs(spec: Spec, operation: Operation, items: Sequence[Any]) -> Mapping[_Pair, set[_Values]]:
    """Return the values of each pair of texts, of which one may be null, in objects that have both."""
    found: dict[_Pair, set[_Values]] = {}
    settable: dict[str, set[str]] = {}
    for node in nodes(items):
        path = _INDEX.sub("", node.path).lstrip(".")
        if path not in settable:
            settable[path] = _settable(spec, operation, path.rpartition(".")[2])
        identity = identity_of(node.value) or repr(node.value)
        texts: dict[str, str | None] = {
            name: value for name, value in node.value.items() if value is None or (isinstance(value, str) and value)
        }
        for one, other in combinations(sorted(texts.keys() - settable[path]), 2):
            is_known = texts[one] is not None or texts[other] is not None
            if is_known and not {one, other} & _BEGINNINGS and not (_is_name(one) and _is_name(other)):
                found.setdefault((path, one, other), set()).add((texts[one], texts[other], identity))
    return found


def _settable(spec: Spec, operation: Operation, kind: str) -> set[str]:
    """Return the properties that clients set in the objects of an operation, or in those of a kind inside of them."""
    bodies = (each for each in spec.operations if (_is_of_kind(each, kind) if kind else each.tag == operation.tag))
    return {name for each in bodies for name in each.body_properties}


def _is_of_kind(operation: Operation, kind: str) -> bool:
    """Return whether an operation creates or changes objects of a kind, such as `pipeline`."""
    collection, _, parameter = operation.path.rpartition("/")
    return (collection if parameter.startswith("{") else operation.path).endswith(f"/{kind}s")


def _is_name(name: str) -> bool:
    """Return whether a property is a name that users choose, also that of an object that is mentioned."""
    return name.rpartition("_")[2] in _NAMES
