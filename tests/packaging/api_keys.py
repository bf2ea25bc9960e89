"""Keys of dictionaries: of `TypedDict` classes, and of calls of `TypedDict`, whose keys may be no identifiers."""

import ast
from collections.abc import Iterator

import griffe
from tests.packaging.api_constructors import arguments_of, settings
from tests.packaging.api_deprecations import field_type
from tests.packaging.api_expressions import type_text

_OPTIONAL, _REQUIRED = "NotRequired[", "Required["


def keys_of_call(variable: griffe.Attribute) -> Iterator[tuple[str, griffe.Attribute]]:
    """Yield the keys of a dictionary type that is made by a call."""
    call = variable.value
    if not isinstance(call, griffe.ExprCall) or call.canonical_name != "TypedDict":
        return
    is_total = str(arguments_of(call).get("total")) != "False"
    for argument in call.arguments:
        if isinstance(argument, griffe.ExprDict):
            for key, annotation in zip(argument.keys, argument.values, strict=True):
                name = ast.literal_eval(str(key))
                type_ = _type_of_key(type_text(annotation, variable), is_total=is_total)
                yield name, griffe.Attribute(name, annotation=type_, parent=variable.parent)


def read_type(each: griffe.Attribute) -> str:
    """Return the type of a field, a property or a variable, or of a key: `NotRequired` if it may be missing."""
    text = field_type(each)
    type_ = type_text(each.annotation, each) if text == str(each.annotation) else text
    class_ = each.parent
    is_total = class_ is None or not class_.is_class or settings(class_).get("total") != "False"
    return _type_of_key(type_, is_total=is_total)


def is_required(each: griffe.Attribute) -> bool:
    """Return whether a key of a dictionary is required."""
    return not read_type(each).startswith(_OPTIONAL)


def _type_of_key(type_: str, *, is_total: bool) -> str:
    if type_.startswith(_REQUIRED):
        return type_.removeprefix(_REQUIRED).removesuffix("]")
    return type_ if is_total or type_.startswith(_OPTIONAL) else f"{_OPTIONAL}{type_}]"
