"""What is deprecated, read from the sources of the generated package."""

import ast
import re
from collections.abc import Iterator

import griffe

_DEPRECATED_FIELD = re.compile(r"DeprecatedField\[(.+)\]")
_DEPRECATED_TEXT = "Deprecated. "
"""Prefix of the text of an alias or of a key of a dictionary, which has no other mark."""


def is_deprecated(each: griffe.Object) -> bool:
    """Return whether the object itself is deprecated, rather than one of its arguments or fields."""
    if each.is_attribute:
        return bool(_DEPRECATED_FIELD.fullmatch(str(each.annotation)) or _text(each).startswith(_DEPRECATED_TEXT))
    return next(_calls(each, "deprecated"), None) is not None


def field_type(each: griffe.Object) -> str:
    """Return the type of a field as it is when it is read."""
    annotation = str(each.annotation)
    found = _DEPRECATED_FIELD.fullmatch(annotation)
    return found[1] if found else annotation


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
