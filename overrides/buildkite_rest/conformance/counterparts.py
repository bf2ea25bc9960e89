"""Invalid values that are documented for the creation of an object and hold for its updates, or the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import as_object, is_array
from .documented_refusals import Refusal
from .effects.kinds import Kind
from .invalid_bodies import InvalidBody
from .spec import Operation, Spec

#: Statuses of a refused value.
_INVALID: Final = frozenset({400, 422})


def counterpart_of(operation: Operation, kinds: Sequence[Kind]) -> Operation | None:
    """Return the operation that updates what another one creates, or creates what it updates."""
    for kind in (each for one in kinds for each in one.with_all_below):
        if operation in (kind.create, kind.update):
            return kind.update if operation is kind.create else kind.create
    return None


def shared_invalid_bodies(
    spec: Spec, operation: Operation, other: Operation, example: Mapping[str, Any]
) -> Iterator[InvalidBody]:
    """Yield changes of a valid body with values that another operation on the same objects is documented to refuse."""
    own = {_key(*each) for each in (*_invalid_examples(spec, operation), *_refused_values(spec, operation))}
    values = [*_invalid_examples(spec, other)]
    if operation.method != "POST" or operation.path.endswith("}"):
        values += _refused_values(spec, other)  # an update may refuse to change what a creation sets
    for name, value in values:
        if name in operation.body_properties and _key(name, value) not in own:
            own.add(_key(name, value))
            yield InvalidBody(name, f"is invalid in {other.id}, {json.dumps(value)}", {**example, name: value})


def _invalid_examples(spec: Spec, operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield the properties of `x-invalid-examples`, and their values."""
    body = spec.resolve(spec.node(operation).get("requestBody"))
    media = as_object(as_object(body.get("content")).get("application/json"))
    for example in as_object(media.get("x-invalid-examples")).values():
        name, value = str(example.get("field", "")), as_object(example.get("value"))
        if name in value:
            yield name, value[name]


def _refused_values(spec: Spec, operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield the properties of `x-refusals` that are refused alone in any state, and their values."""
    for refusal in map(Refusal.of, spec.refusals(operation)):
        sent = {**(refusal.body or {}), **(refusal.only or {})}
        is_about_value = not (refusal.when or refusal.also or refusal.path or refusal.after or refusal.query)
        if is_about_value and refusal.status in _INVALID and len(sent) == 1:
            yield from ((name, value) for name, value in sent.items() if not _refers(value))


def _refers(value: Any) -> bool:
    """Return whether a value is an expression, such as the name of another object."""
    return any(map(_refers, value)) if is_array(value) else isinstance(value, str) and value.startswith("$")


def _key(name: str, value: Any) -> str:
    return f"{name}={json.dumps(value, sort_keys=True)}"
