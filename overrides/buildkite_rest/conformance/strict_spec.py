"""A variant of the spec that allows unknown values of enums and unknown variants of unions in responses.

The API itself has a new value any day.
"""

from __future__ import annotations

from typing import Any, Final

from .._base.json_values import as_object, is_array, is_object

_PREFIX: Final = "#/components/schemas/"
_OPEN: Final = ".open"


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
