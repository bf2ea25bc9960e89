"""Rules about names that would collide with others in the generated code, or hide them."""

import builtins
import keyword
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..document import schemas
from ..fragment import Finding
from ..openapi_python_client import python_name

_TAG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TAG_NAMES = {"bound", "cached_property", "slug", *dir(builtins), *keyword.softkwlist}
CLIENT_ATTRIBUTES = {
    *("aclose", "close", "graphql", "organization", "paginate", "rate_limits", "request", "slug", "with_options"),
    "with_raw_response",
}
"""Attributes of the public clients, which a tag of the same name would replace."""
_CLASS_NAMES = {"str", "int", "float", "bool", "datetime"}
"""Types that annotations in classes name, which attributes with the same names would hide."""

METHOD_NAMES = {
    *(*_CLASS_NAMES, "bound", "builtins", "models", "params"),
    *("deprecated", "deprecated_arguments"),
}
PROPERTY_NAMES = {*_CLASS_NAMES, "Any", "ClassVar", "DateTime", "Literal", "Mapping", "Sequence", "AwareDatetime"}

_SCHEMA_NAMES = {
    *("Any", "AwareDatetime", "ClassVar", "DateTime", "DateTimeStruct", "Literal", "Mapping", "Model", "NotRequired"),
    *("Optional", "Sequence", "TypeAlias", "TypedDict", "Union"),
}
"""Names that the modules of models and params import."""

_LETTER = re.compile(r"[A-Za-z]")
_NOT_IN_NAMES = re.compile(r"\W", re.ASCII)
_argument_name = cache(python_name)


def tag_name(document: dict[str, Any]) -> Iterator[Finding]:
    for index, tag in enumerate(document["tags"]):
        name = tag["name"]
        if not _TAG.fullmatch(name) or keyword.iskeyword(name):
            yield ("tags", str(index)), f"the tag {name!r} must be a snake_case name"
        elif name in _TAG_NAMES or name in CLIENT_ATTRIBUTES:
            yield ("tags", str(index)), f"the tag {name!r} is a name that the generated code or the client uses itself"


def property_name(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        for name in PROPERTY_NAMES & schema.get("properties", {}).keys():
            yield (*pointer, "properties", name), f"a property {name!r} hides the type of other properties"
        seen: dict[str, str] = {}
        for name in schema.get("properties", {}):
            if not _LETTER.search(name):
                message = f"the property {name!r} has no letter from A to Z, and so no name in Python"
                yield (*pointer, "properties", name), message
                continue
            if '"' in name or "\\" in name or not name.isprintable():
                message = f"the property {name!r} has a character that would end or break a string in Python"
                yield (*pointer, "properties", name), message
                continue
            # Of fields, and of arguments.
            others = [seen.setdefault(each, name) for each in (_NOT_IN_NAMES.sub("_", name), _argument_name(name))]
            if (other := next((each for each in others if each != name), name)) != name:
                message = f"properties {other!r} and {name!r} would have the same name in Python"
                yield (*pointer, "properties", name), message


def schema_name(document: dict[str, Any]) -> Iterator[Finding]:
    for name in document["components"]["schemas"]:
        if name in _SCHEMA_NAMES:
            yield ("components", "schemas", name), f"the schema {name!r} has a name that generated modules import"


RULES = (tag_name, property_name, schema_name)
