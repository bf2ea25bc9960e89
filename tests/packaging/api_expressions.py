"""Texts of types and defaults. A private type alias or a constant is replaced by its value, which may change."""

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress

import griffe

Expression = griffe.Expr | str | None

_MARK = "api-diff"
"""Key of the data of this module in `extra` of an object."""
_TYPE_VARIABLES = ("TypeVar", "ParamSpec", "TypeVarTuple")


def mark_public(each: griffe.Object) -> None:
    """Mark an object as public: the texts of others have its name, and its own changes are listed."""
    each.extra[_MARK]["is_public"] = True


def is_public(each: griffe.Object) -> bool:
    """Return whether users know an object by its name."""
    return bool(each.extra[_MARK])


def type_text(annotation: Expression, owner: griffe.Object) -> str:
    """Return a type, with the values of private aliases. Without an annotation it is `Any`."""
    return "Any" if annotation is None else _text(annotation, owner, _is_private_alias)


def value_text(value: Expression, owner: griffe.Object) -> str:
    """Return a value or a default, with the values of constants."""
    return _text("" if value is None else value, owner, _is_constant)


def type_variables(owner: griffe.Object, *expressions: Expression) -> dict[str, str]:
    """Return the definitions of the type variables in types, by their names."""
    return {
        found.name: str(found.value)
        for expression in expressions
        for name in _names(expression)
        if (found := _attribute(name, owner)) is not None and _called(found.value) in _TYPE_VARIABLES
    }


def resolved(path: str, owner: griffe.Object) -> griffe.Object | None:
    """Return the object with a path, or None if it is not in the sources."""
    with suppress(KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
        found = owner.modules_collection[path]
        return found.final_target if found.is_alias else found
    return None


def is_type_alias(each: griffe.Object) -> bool:
    """Return whether an object is a type alias, in either syntax."""
    return each.is_type_alias or (each.is_attribute and str(each.annotation) == "TypeAlias")


def _text(
    expression: griffe.Expr | str,
    owner: griffe.Object,
    is_replaced: Callable[[griffe.Object], bool],
    seen: frozenset[str] = frozenset(),
) -> str:
    if isinstance(expression, str):
        return expression
    parts = list[str]()
    for part in expression.iterate(flat=True):
        found = _attribute(part, owner) if isinstance(part, griffe.ExprName) else None
        if found is None or found.path in seen or not is_replaced(found):
            parts.append(part if isinstance(part, str) else part.name)
            continue
        while parts and parts[-1] == ".":  # the value replaces the module as well
            del parts[-2:]
        value = _text(found.value, found, is_replaced, seen | {found.path})
        if is_type_alias(found) and value[:1] in ("'", '"'):
            value = ast.literal_eval(value)
        parts.append(value if isinstance(expression, griffe.ExprName) else _operand(value))
    return "".join(parts)


def _operand(value: str) -> str:
    """Return a value as a part of another expression. A union has no other operators around it."""
    match ast.parse(value, mode="eval").body:
        case ast.BinOp(op=ast.BitOr()):
            return value
        case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.IfExp() | ast.Lambda():
            return f"({value})"
        case _:
            return value


def _names(expression: Expression) -> Iterator[griffe.ExprName]:
    if isinstance(expression, griffe.Expr):
        yield from (part for part in expression.iterate(flat=True) if isinstance(part, griffe.ExprName))


def _attribute(name: griffe.ExprName, owner: griffe.Object) -> griffe.Object | None:
    """Return the variable or the type alias that a name refers to, if it has a value."""
    found = resolved(name.canonical_path, owner)
    is_variable = found is not None and (found.is_type_alias or "module-attribute" in found.labels)
    return found if found is not None and is_variable and found.value is not None else None


def _called(value: Expression) -> str:
    return value.canonical_name if isinstance(value, griffe.ExprCall) else ""


def _is_private_alias(each: griffe.Object) -> bool:
    return is_type_alias(each) and not is_public(each)


def _is_constant(each: griffe.Object) -> bool:
    """Whether the value of a variable is shown instead of its name, which a sentinel has for its users."""
    return not is_type_alias(each) and (not is_public(each) or not any(_names(each.value)))
