"""Changes of classes and their attributes: their bases, and whether objects can be changed, compared or hashed."""

import ast
import builtins
from collections.abc import Iterator

import griffe
from tests.packaging.api_calls import variable_changes
from tests.packaging.api_constructors import ancestors, has_fields, settings
from tests.packaging.api_expressions import is_public, resolved, type_variables, value_text
from tests.packaging.api_keys import read_type
from tests.packaging.api_types import type_changes
from tests.packaging.changes import Change, Severity

_ENUMERATIONS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag")


def class_changes(shown: str, base: griffe.Class, revision: griffe.Class) -> Iterator[Change]:
    """Yield the changes of a class without those of its members."""
    old, new = _bases(base), _bases(revision)
    for path in old.keys() - new.keys():
        yield Change("Changed", Severity.BREAKING, f"{shown} is not a subclass of `{old[path]}`")
    yield from variable_changes(shown, _variables(base), _variables(revision))
    yield from _ability_changes(shown, _abilities(base), _abilities(revision))


def attribute_changes(
    shown: str, base: griffe.Attribute, revision: griffe.Attribute, *, is_sent: bool
) -> Iterator[Change]:
    """Yield the changes of a field, a property, a variable or a key of a dictionary."""
    yield from type_changes(shown, read_type(base), read_type(revision), is_sent=is_sent)
    if _is_assignable(base) and not _is_assignable(revision):
        yield Change("Changed", Severity.BREAKING, f"{shown} cannot be assigned")
    elif _is_assignable(revision) and not _is_assignable(base):
        yield Change("Changed", Severity.MINOR, f"{shown} can be assigned")
    if _is_of_class(base) and not _is_of_class(revision):
        yield Change("Changed", Severity.BREAKING, f"{shown} is not an attribute of the class any more")
    old, new = _constant(base), _constant(revision)
    if old is not None and new is not None and old != new:
        severity = Severity.BREAKING if _is_enumeration(base.parent) else Severity.MINOR
        yield Change("Changed", severity, f"the value of {shown} is `{new}` instead of `{old}`")


def is_implemented(class_: griffe.Object, accepted: set[str]) -> bool:
    """Return whether users implement a protocol, because it is among the types that functions accept."""
    return class_.is_class and _is_protocol(class_) and class_.name in accepted


def _bases(class_: griffe.Class) -> dict[str, str]:
    """Return the base classes that users know, direct and indirect ones, by their names."""
    found = dict[str, str]()
    for each in (class_, *ancestors(class_)):
        for base in each.bases:
            path, text = _path(base), str(base)
            target = resolved(path, class_)
            if target is None or is_public(target):
                found[text if "[" in text else path.rpartition(".")[2]] = text
            if isinstance(builtin := getattr(builtins, path, None), type):
                found |= {parent.__name__: parent.__name__ for parent in builtin.__mro__[1:-1]}
    return found


def _path(base: griffe.Expr | str) -> str:
    return base if isinstance(base, str) else base.canonical_path


def _variables(class_: griffe.Class) -> dict[str, str]:
    declared = {each.name: str(each.annotation) for each in class_.type_parameters}
    return declared | type_variables(class_, *class_.bases)


def _abilities(class_: griffe.Class) -> dict[str, bool]:
    """Return what can be done with a class and its objects, with the text of it."""
    options = settings(class_)
    marks = {decorator.callable_path.rpartition(".")[2] for decorator in class_.decorators}
    has_parts = has_fields(class_) or "dataclass" in class_.labels
    members = class_.all_members
    is_compared = "__eq__" in members or (has_parts and options.get("eq") != "False")
    is_frozen = options.get("frozen") == "True"
    is_hashed = "__hash__" in members or "True" in {options.get("unsafe_hash"), options.get("hash")}
    return {
        "can be subclassed": "final" not in marks,
        "can be an argument of `isinstance`": not _is_protocol(class_) or "runtime_checkable" in marks,
        "can be changed": not is_frozen,
        "can be hashed": not is_compared or is_frozen or is_hashed,
        "can be ordered": "__lt__" in members or options.get("order") == "True",
        "is compared by its fields": is_compared,
    }


def _ability_changes(shown: str, base: dict[str, bool], revision: dict[str, bool]) -> Iterator[Change]:
    for ability, could in base.items():
        if could and not revision[ability]:
            yield Change("Changed", Severity.BREAKING, f"{shown} {_negated(ability)}")
        elif revision[ability] and not could:
            severity = Severity.BREAKING if ability.startswith("is") else Severity.MINOR
            yield Change("Changed", severity, f"{shown} {ability}")


def _negated(ability: str) -> str:
    verb, _, rest = ability.partition(" ")
    return f"cannot {rest}" if verb == "can" else f"{verb} not {rest}"


def _is_assignable(each: griffe.Attribute) -> bool:
    """Whether the attribute of an object can be assigned, as far as the attribute itself allows it."""
    is_read_only = "property" in each.labels and not each.labels & {"writable", "cached"}
    return not is_read_only


def _is_of_class(each: griffe.Attribute) -> bool:
    """Whether an attribute is one of the class itself, such as a class variable or a member of an enumeration."""
    is_variable = "instance-attribute" not in each.labels or each.annotation is None
    return "class-attribute" in each.labels and is_variable


def _constant(each: griffe.Attribute) -> str | None:
    """Return the value of a constant, or None if it is another attribute or is computed."""
    is_variable = _is_of_class(each) or "module-attribute" in each.labels
    text = value_text(each.value, each)
    try:
        return repr(ast.literal_eval(text)) if is_variable else None
    except (SyntaxError, ValueError):
        return None


def _is_enumeration(class_: griffe.Object | None) -> bool:
    if class_ is None or not class_.is_class:
        return False
    return any(_path(base) in _ENUMERATIONS for each in (class_, *ancestors(class_)) for base in each.bases)


def _is_protocol(class_: griffe.Class) -> bool:
    return any(str(base).partition("[")[0] == "Protocol" for base in class_.bases)
