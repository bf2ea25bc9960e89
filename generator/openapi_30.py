"""Conversion of the OpenAPI document to OpenAPI 3.0, for tools that do not support 3.1.

Whatever 3.0 cannot express is listed in `info`, as `x-converted`. A keyword without a rule here is a problem, so that
nothing is lost without a line about it.
"""

from typing import Any

from attrs import Factory, define

from .document import operations, without_webhooks
from .errors import GenerationError, Problem
from .fragment import Pointer

VERSION = "3.0.3"

_RULE = "openapi-3.0"
_SAME = frozenset(
    {
        *("required", "discriminator", "description", "title", "default", "deprecated", "readOnly", "writeOnly"),
        *("externalDocs", "example", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum"),
        *("multipleOf", "uniqueItems", "minItems", "maxItems", "minProperties", "maxProperties"),
    }
)
"""Keywords of schemas with the same meaning in both versions."""
_SCHEMAS = frozenset({"additionalProperties", "allOf", "anyOf", "items", "not", "oneOf", "properties"})
"""Keywords whose values are or contain schemas."""
_DROPPED = frozenset({"contentEncoding", "contentMediaType", "examples", "propertyNames"})
"""Keywords that 3.0 does not have, and whose loss makes a schema less exact."""
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_NULL = {"type": "null"}
_ONLY_NULL = {"type": "string", "nullable": True, "enum": [None]}
"""A schema of 3.0 that only null matches."""
_WITH_ROLES = ("oauth2", "openIdConnect")
"""Types of security schemes whose requirements may list roles in 3.0."""


def to_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `document` as OpenAPI 3.0.

    Raises:
        GenerationError: 3.0 lacks something that has no rule here. The locations are pointers into `document`.
    """
    conversion = _Conversion()
    if webhooks := document.get("webhooks"):
        conversion.differences["webhooks"] = (
            f"dropped all {len(webhooks)}, with their tags and parameters; the schemas of their payloads are kept"
        )
    converted: dict[str, Any] = conversion.convert(without_webhooks(document), ())
    converted["openapi"] = VERSION
    conversion.add_types(converted)
    conversion.remove_roles(converted)
    _convert_info(converted["info"])
    if conversion.problems:
        raise GenerationError(conversion.problems)
    converted["info"]["x-converted"] = {"from": document["openapi"], "differences": conversion.summary()}
    return converted


def _convert_info(info: dict[str, Any]) -> None:
    """Move the summary into the description, and the identifier of the license into its URL."""
    if summary := info.pop("summary", None):
        info["description"] = "\n\n".join(filter(None, (summary, info.get("description"))))
    license_ = info.get("license", {})
    if identifier := license_.pop("identifier", None):
        license_["url"] = f"https://spdx.org/licenses/{identifier}.html"


@define
class _Conversion:
    """A copy of a document in progress, with the differences and problems so far."""

    differences: dict[str, str] = Factory(dict)
    problems: list[Problem] = Factory(list)
    _nullable: list[dict[str, Any]] = Factory(list)
    """Converted schemas without a type of their own that may be null."""
    _dropped: dict[str, list[Pointer]] = Factory(dict)
    """Places of keywords that 3.0 does not have."""

    def convert(self, node: Any, pointer: Pointer) -> Any:
        """Copy a part of the document, with its schemas converted."""
        if isinstance(node, list):
            return [self.convert(each, (*pointer, str(index))) for index, each in enumerate(node)]
        if not isinstance(node, dict):
            return node
        if _is_root_schema(pointer):
            return self._schema(node, pointer)
        return {
            key: value if _is_data((*pointer, key)) else self.convert(value, (*pointer, key))
            for key, value in node.items()
        }

    def add_types(self, converted: dict[str, Any]) -> None:
        """Add a type beside each `nullable`, without which it has no meaning."""
        schemas = converted.get("components", {}).get("schemas", {})
        for schema in list(self._nullable):
            keyword = next(each for each in ("allOf", "oneOf", "anyOf") if each in schema)
            types = {_type_of(each, schemas) for each in schema[keyword]}
            if len(types) == 1 and None not in types:
                schema["type"] = types.pop()
                continue
            self._nullable.remove(schema)
            del schema["nullable"]
            variants = schema.pop(keyword)
            schema["oneOf" if keyword == "allOf" else keyword] = variants
            typed = next((each for each in variants if "type" in each), None)
            if typed is None:
                variants.append(dict(_ONLY_NULL))
            else:
                typed["nullable"] = True

    def remove_roles(self, document: dict[str, Any]) -> None:
        """Remove roles of schemes that have none in 3.0, if `x-scopes` of the operation lists them too."""
        schemes = document["components"].get("securitySchemes", {})
        count = 0
        for operation in operations(document):
            for requirement in operation.node.get("security", ()):
                for name, roles in requirement.items():
                    if roles and schemes[name]["type"] not in _WITH_ROLES:
                        if sorted(roles) != sorted(operation.node.get("x-scopes", ())):
                            self._refuse(operation.pointer, "3.0 has no roles for this scheme, and x-scopes differs")
                        requirement[name] = []
                        count += 1
        if count:
            self.differences["security"] = f"dropped the scopes of {count} operations; `x-scopes` lists them"

    def summary(self) -> dict[str, str]:
        """Return the differences by keyword."""
        dropped = {
            keyword: f"dropped from {', '.join(' '.join(pointer) for pointer in pointers)}"
            for keyword, pointers in self._dropped.items()
        }
        if count := len(self._nullable):
            dropped["nullable"] = f"{count} schemas have it beside a reference, where some validators reject null"
        return self.differences | dropped

    def _schema(self, node: dict[str, Any], pointer: Pointer) -> dict[str, Any]:
        if "$ref" in node:
            if len(node) > 1:
                self._refuse(pointer, "3.0 ignores keywords beside $ref")
            return dict(node)
        schema: dict[str, Any] = {}
        for keyword, value in node.items():
            at = (*pointer, keyword)
            if keyword in _SCHEMAS:
                schema |= self._subschemas(keyword, value, at)
            elif keyword in _DROPPED:
                self._dropped.setdefault(keyword, []).append(pointer)
            elif keyword == "type":
                schema |= self._type(value, at)
            elif keyword == "const":
                schema["enum"] = [value]
            elif keyword in _BOUNDS and _BOUNDS[keyword] not in node:
                schema |= {_BOUNDS[keyword]: value, keyword: True}
            elif keyword in _SAME or keyword.startswith("x-"):
                schema[keyword] = value
            else:
                self._refuse(at, f"{keyword} has no rule for 3.0")
        if schema.get("nullable") and "type" not in schema:
            self._nullable.append(schema)
        return schema

    def _subschemas(self, keyword: str, value: Any, at: Pointer) -> dict[str, Any]:
        if keyword == "properties":
            return {keyword: {name: self._schema(each, (*at, name)) for name, each in value.items()}}
        if isinstance(value, dict):
            return {keyword: self._schema(value, at)}
        if isinstance(value, list):
            variants = [(index, each) for index, each in enumerate(value) if each != _NULL or keyword == "allOf"]
            others = [self._schema(each, (*at, str(index))) for index, each in variants]
            if len(others) == len(value):
                return {keyword: others}
            # Generators make a type of its own of a union, even if it has only one variant.
            return {"nullable": True, ("allOf" if len(others) == 1 else keyword): others}
        return {keyword: value}

    def _type(self, value: Any, at: Pointer) -> dict[str, Any]:
        types = [value] if isinstance(value, str) else value
        others = [each for each in types if each != "null"]
        if len(others) != 1:
            self._refuse(at, f"3.0 has one type for each schema, not {' and '.join(types)}")
        return {"type": others[0] if others else None} | ({"nullable": True} if "null" in types else {})

    def _refuse(self, pointer: Pointer, message: str) -> None:
        self.problems.append(Problem(pointer, _RULE, f"{' '.join(pointer)}: {message}"))


def _type_of(schema: dict[str, Any], schemas: dict[str, Any]) -> str | None:
    """Return the type of the values of a schema, or None if they can have several."""
    if "$ref" in schema:
        return _type_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "type" in schema:
        return str(schema["type"])
    types = {_type_of(each, schemas) for each in schema.get("oneOf", schema.get("anyOf", schema.get("allOf", ())))}
    return types.pop() if len(types) == 1 else None


def _is_root_schema(pointer: Pointer) -> bool:
    """Return whether the value at `pointer` is a schema that is not part of another."""
    if pointer[:1] == ("components",) and len(pointer) == 3:
        return pointer[1] == "schemas"
    return pointer[-1:] == ("schema",) and pointer[-2:-1] != ("headers",)


def _is_data(pointer: Pointer) -> bool:
    """Return whether the value at `pointer`, outside schemas, is an example or of an extension."""
    return pointer[-1] in ("example", "examples") or (pointer[-1].startswith("x-") and pointer[-2:-1] != ("headers",))
