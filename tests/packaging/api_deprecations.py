"""What is deprecated or has another name than before, read from the sources of the generated package."""

import ast
import re
from collections.abc import Iterator

import griffe

_FORMER = re.compile(r"Former name of `(\w+)`\.$")
_DEPRECATED_FIELD = re.compile(r"DeprecatedField\[(.+)\]")
_DEPRECATED_TEXT = "Deprecated. "
"""Prefix of the text of an alias or of a key of a dictionary, which has no other mark."""


def is_deprecated(each: griffe.Object) -> bool:
    """Return whether the object itself is deprecated or a former name, rather than one of its arguments or fields."""
    if each.is_attribute:
        is_marked = _DEPRECATED_FIELD.fullmatch(str(each.annotation)) or _text(each).startswith(_DEPRECATED_TEXT)
        return bool(is_marked) or present_name(each) is not None
    return next(_calls(each, "deprecated"), None) is not None


def present_name(each: griffe.Object) -> str | None:
    """Return the present name of a method or a field with a former one."""
    found = _FORMER.search(_text(each))
    return found[1] if found else None


def field_type(each: griffe.Object) -> str:
    """Return the type of a field as it is when it is read. That of a former name is the type of the present one."""
    name = present_name(each)
    if name is not None and each.parent is not None:
        each = each.parent[name]
    annotation = str(each.annotation)
    found = _DEPRECATED_FIELD.fullmatch(annotation)
    return found[1] if found else annotation


def former_arguments(function: griffe.Object) -> dict[str, str]:
    """Return the present name of each former name of an argument that a method accepts."""
    return {
        keyword.arg: ast.literal_eval(keyword.value)[0]
        for call in _calls(function, "renamed_arguments")
        for keyword in call.keywords
        if keyword.arg is not None
    }


def deprecated_arguments(function: griffe.Object) -> set[str]:
    """Return the names of the deprecated arguments of a method."""
    calls = _calls(function, "deprecated_arguments")
    return {keyword.arg for call in calls for keyword in call.keywords if keyword.arg is not None}


def _calls(each: griffe.Object, name: str) -> Iterator[ast.Call]:
    """Yield the decorators that are calls of a function."""
    for decorator in getattr(each, "decorators", ()):
        call = ast.parse(str(decorator.value), mode="eval").body
        if isinstance(call, ast.Call) and ast.unparse(call.func) == name:
            yield call


def _text(each: griffe.Object) -> str:
    return each.docstring.value if each.docstring else ""
