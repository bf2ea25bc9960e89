"""The extension `x-returned-by`: properties that only some operations return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import define, field

from .._base.json_values import as_object, is_object
from .page_items import items_of
from .spec import Operation, Spec

_KEY: Final = "x-returned-by"
_DEPTH: Final = 4


@define
class ReturnedBy:
    """The properties of responses that only some operations return."""

    spec: Spec
    _operations: dict[str, Operation] = field(init=False)
    _declared: dict[str, Mapping[str, frozenset[str]]] = field(factory=dict[str, Mapping[str, frozenset[str]]])
    """Operations by property, by the operation whose response declares the property."""

    def __attrs_post_init__(self) -> None:
        self._operations = {operation.label: operation for operation in self.spec.operations}

    def problems(self, label: str, body: object) -> Iterator[str]:
        """Yield the properties of a successful response that are missing, or that only other operations return."""
        if (operation := self._operations.get(label)) is None:
            return
        if operation.id not in self._declared:
            self._declared[operation.id] = dict(_declared(self.spec, self.spec.response_schema(operation)))
        items = items_of(body)
        for name, operations in self._declared[operation.id].items():
            for item in [body] if items is None else items:
                if is_object(item) and (name in item) != (operation.id in operations):
                    others = " and ".join(sorted(operations))
                    yield f"only {others} returns {name}" if name in item else f"the response has no {name}"
                    break
                if is_object(item) and item.get(name) == "":
                    yield f"{name} is empty"
                    break


def _declared(spec: Spec, node: object, depth: int = _DEPTH) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the properties of an object, or of the items of a list, with the operations that return them."""
    schema: Mapping[str, Any] = spec.resolve(node)
    properties = as_object(schema.get("properties"))
    for name, value in properties.items():
        if _KEY in as_object(value):
            yield name, frozenset(value[_KEY])
    listed = as_object(properties.get("items")).get("items")  # of a list with cursors
    for part in (schema.get("items"), listed, *schema.get("allOf", ()), *schema.get("oneOf", ())):
        if depth and part is not None:
            yield from _declared(spec, part, depth - 1)
