"""Stricter and laxer variants of the spec, which only the runner uses.

In the strict variant, objects have the described properties alone and those of all examples of an operation, and
`x-strict` and `x-graphql-type` apply. A server that this project wrote, or that claims to conform, has no others. The
API itself has a new field or value any day, so there they are listed instead, and the lax variant allows them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import define, field, frozen

from .._base.json_values import as_array, as_object, copied, is_array, is_object
from ..traffic._differences import Difference, Kind, differences
from ..traffic._operations import Operation
from ..traffic._schemas import Schemas
from ..traffic._shapes import media_type
from .bodies import Passed, decoded
from .example_properties import OPTIONAL, require_example_properties
from .spec import Spec

_STRICT: Final = "x-strict"
_TYPE: Final = "x-graphql-type"
_PREFIX: Final = "#/components/schemas/"
_OPEN: Final = ".open"
#: The value of the extension for properties that administrators always get.
_MEMBERS: Final = "members"
#: What the plain spec allows in any object, and what it reports itself.
_UNDESCRIBED: Final = frozenset({Kind.PROPERTY})
_OPEN_VALUES: Final = frozenset({Kind.VALUE, Kind.VARIANT})
#: Undescribed fields that are listed.
_MOST: Final = 200


def strict_document(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a spec in which the keywords of `x-strict` apply."""
    copy: dict[str, Any] = copied(dict(raw))
    for node in _mappings(copy.get("components")):
        strict = dict(as_object(node.get(_STRICT)))
        required = [*as_array(node.get("required")), *as_array(strict.get("required"))]
        node.update({**strict, "required": required} if required else strict)
        if isinstance(kind := node.get(_TYPE), str):
            node["pattern"] = _global_ids(kind)
    for item in as_object(copy.get("paths")).values():
        for operation in as_object(item).values():
            if own := as_object(as_object(operation).get(_STRICT)):
                _restrict(copy, as_object(operation), as_array(own.get("without")))
    require_example_properties(copy)
    return copy


def _global_ids(kind: str) -> str:
    """Return the pattern of the ids of a type in the GraphQL API: the Base64 of the type, three hyphens and an id."""
    encoded = b64encode(f"{kind}---".encode()).decode().rstrip("=")
    # The last character of an incomplete group depends on the text after it.
    return f"^{encoded if len(encoded) % 4 == 0 else encoded[:-1]}"


def _restrict(document: Mapping[str, Any], operation: Mapping[str, Any], without: Sequence[str]) -> None:
    """Remove properties from the objects in the successful responses of an operation."""
    for status, response in as_object(operation.get("responses")).items():
        for content in as_object(as_object(response).get("content")).values() if status.startswith("2") else ():
            schema = content.get("schema")
            inner = as_object(schema).get("items", schema)
            name = str(as_object(inner).get("$ref")).removeprefix(_PREFIX)
            own = copied(dict(as_object(as_object(document["components"])["schemas"][name])))
            own["properties"] = {
                key: value for key, value in as_object(own["properties"]).items() if key not in without
            }
            content["schema"] = {**as_object(schema), "items": own} if "items" in as_object(schema) else own


def open_responses(raw: dict[str, Any]) -> None:
    """Allow unknown values of enums and unknown variants of unions in responses of a spec."""
    schemas: Any = as_object(as_object(raw.get("components")).get("schemas"))
    copies = {f"{name}{_OPEN}": _opened(schema) for name, schema in schemas.items()}
    for item in as_object(raw.get("paths")).values():
        for operation in as_object(item).values():
            for response in as_object(as_object(operation).get("responses")).values():
                for content in as_object(as_object(response).get("content")).values():
                    if "schema" in content:
                        content["schema"] = _opened(content["schema"])
    schemas.update(copies)


def _opened(schema: Any) -> Any:
    """Return a copy of a schema that allows unknown values and variants."""
    if is_array(schema):
        return [_opened(each) for each in schema]
    if not is_object(schema):
        return schema
    if isinstance(reference := schema.get("$ref"), str) and reference.startswith(_PREFIX):
        return {**schema, "$ref": f"{reference}{_OPEN}"}
    copy = {name: _opened(value) for name, value in schema.items() if name != "enum" or not is_array(value)}
    mapping = as_object(as_object(schema.get("discriminator")).get("mapping"))
    if mapping and is_array(copy.get("oneOf")):
        tag = schema["discriminator"]["propertyName"]
        unknown = {"type": "string", "not": {"enum": sorted(mapping)}}
        copy["oneOf"] = [*copy["oneOf"], {"type": "object", "required": [tag], "properties": {tag: unknown}}]
        del copy["discriminator"]
    return copy


def _mappings(node: object) -> Iterator[dict[str, Any]]:
    if is_array(node):
        for item in node:
            yield from _mappings(item)
    elif is_object(node):
        yield node
        for name, value in node.items():
            if name != _STRICT:
                yield from _mappings(value)


@frozen
class _Variant:
    """A variant of a spec, with its operations as far as they were used."""

    document: Mapping[str, Any]
    schemas: Schemas
    _operations: dict[tuple[str, str], Operation | None] = field(
        factory=dict[tuple[str, str], "Operation | None"], init=False
    )

    def operation(self, method: str, path: str) -> Operation | None:
        """Return an operation that the spec has."""
        if (method, path) not in self._operations:
            item = as_object(as_object(self.document.get("paths")).get(path))
            node = as_object(item.get(method.lower()))
            found = Operation(method, path, node, as_array(item.get("parameters")), self.schemas) if node else None
            self._operations[method, path] = found
        return self._operations[method, path]


@lru_cache(maxsize=2)
def _variant(spec: Spec, *, is_strict: bool) -> _Variant:
    """Return the strict variant of a spec, or the spec itself. Runs in one process share them."""
    document = strict_document(spec.raw) if is_strict else spec.raw
    return _Variant(document, Schemas(document))


@lru_cache(maxsize=2)
def _hidden_properties(spec: Spec) -> frozenset[str]:
    """Return the properties that users who are not administrators may not get."""
    schemas = [as_object(node.get("properties")) for node in _mappings(spec.raw.get("components"))]
    return frozenset(
        name for each in schemas for name, node in each.items() if as_object(node).get(OPTIONAL) == _MEMBERS
    )


@define
class StrictCheck:
    """Comparison of responses with the strict variant."""

    spec: Spec
    is_failure: bool
    """Whether a difference is a failure. Otherwise it is listed."""
    listed: dict[tuple[str, str, str, str], None] = field(factory=dict[tuple[str, str, str, str], None])
    """Label of the operation, kind, path and shape of each difference that is listed."""
    administers: Callable[[str], bool] = lambda _: True
    """Returns whether the user of the token is an administrator of an organization. Others may get less."""
    _passed: Passed = field(factory=Passed, init=False)

    def problems(
        self, method: str, path: str, status: int, content_type: str, body: bytes, *, organization: str = ""
    ) -> Iterator[str]:
        """Yield each difference of a successful response from the strict variant, or list it."""
        value = decoded(body)
        for each in self.differences(method, path, status, media_type(content_type), value):
            if organization and self._is_hidden(each) and not self.administers(organization):
                continue
            if self.is_failure:
                yield " ".join(filter(None, (f"{each.path}: {each.kind},", each.found, each.expected)))
            elif len(self.listed) < _MOST:
                self.listed[f"{method} {path}", str(each.kind), each.path, each.found] = None

    def differences(self, method: str, path: str, status: int, media: str, value: object) -> list[Difference]:
        """Return what the strict variant reports and the plain spec does not."""
        if value is None:
            return []
        found = self._compare((method, path, True), status, media, value)
        kinds = _UNDESCRIBED if self.is_failure else _UNDESCRIBED | _OPEN_VALUES
        if all(each.kind in kinds for each in found):
            return found
        known = set(self._compare((method, path, False), status, media, value))
        return [each for each in found if each.kind in kinds or each not in known]

    def _is_hidden(self, difference: Difference) -> bool:
        """Return whether a property is missing that only administrators get in any case."""
        name = difference.path.rpartition(".")[2]
        return difference.kind is Kind.MISSING and name in _hidden_properties(self.spec)

    def _compare(self, key: tuple[str, str, bool], status: int, media: str, value: object) -> list[Difference]:
        method, path, is_strict = key
        operation = _variant(self.spec, is_strict=is_strict).operation(method, path)
        response = None if operation is None else operation.response(status)
        node = None if response is None else response.content.get(media)
        if node is None:
            return []
        is_list = is_array(value) and node.items is not None and not node.unions and not node.item_rules
        parts = value if is_list and is_array(value) else [value]
        found: list[Difference] = []

        def has_no_differences(new: list[object]) -> bool:
            found[:] = differences(node, new if is_list else value).found
            return not found

        self._passed.all_pass((key, status, media), parts, has_no_differences)
        return found
