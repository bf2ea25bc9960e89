"""Constructors of classes with declared fields: attrs, msgspec and named tuples. griffe has those of data classes."""

from collections.abc import Iterator

import griffe
from tests.packaging.api_deprecations import field_type
from tests.packaging.api_expressions import resolved

_ATTRS = {"define", "frozen", "mutable", "s", "attrs"}
_FIELDS = {"field", "ib", "attrib"}
_LIBRARIES = {"attr", "attrs", "msgspec"}
_EMPTY = {"{}": "dict()", "[]": "list()", "()": "tuple()"}
"""Texts of empty defaults, as those of factories."""


def constructor(class_: griffe.Class) -> griffe.Function | None:
    """Return the constructor that a library makes of the fields of a class, or None if the class has another one."""
    classes = [class_, *ancestors(class_)]
    for each in classes:
        if "__init__" in each.members:
            return None
        if has_fields(each):
            parameters = dict[str, griffe.Parameter]()
            for parent in reversed(classes[classes.index(each) :]):
                for parameter in _parameters(parent) if has_fields(parent) else ():
                    parameters.pop(parameter.name, None)
                    parameters[parameter.name] = parameter
            ordered = sorted(parameters.values(), key=lambda each: each.kind is griffe.ParameterKind.keyword_only)
            this = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
            return griffe.Function(
                "__init__", parameters=griffe.Parameters(this, *ordered), returns="None", parent=class_
            )
    return None


def ancestors(class_: griffe.Class) -> list[griffe.Class]:
    """Return the base classes in the sources, direct and indirect ones."""
    try:
        return class_.mro()
    except ValueError:  # the order of the bases is contradictory
        return []


def has_fields(class_: griffe.Class) -> bool:
    """Return whether a library makes the constructor of a class."""
    return is_struct(class_) or is_named_tuple(class_) or attrs_settings(class_) is not None


def is_struct(class_: griffe.Class) -> bool:
    """Return whether a class is one of msgspec."""
    return any(path.startswith("msgspec.") for path in _base_paths(class_))


def is_named_tuple(class_: griffe.Class) -> bool:
    """Return whether a class is a named tuple."""
    return "typing.NamedTuple" in _base_paths(class_)


def settings(class_: griffe.Class) -> dict[str, str]:
    """Return the settings of a class: the arguments of its decorator, or the keywords after its bases.

    A class of msgspec inherits all but `kw_only`.
    """
    keywords = {name: str(value) for name, value in class_.keywords.items()}
    for parent in ancestors(class_) if is_struct(class_) else ():
        keywords = {name: str(value) for name, value in parent.keywords.items() if name != "kw_only"} | keywords
    return keywords | (attrs_settings(class_) or {})


def attrs_settings(class_: griffe.Class) -> dict[str, str] | None:
    """Return the arguments of the decorator of attrs or `dataclass`, or None if there is none."""
    for decorator in class_.decorators:
        library, _, name = decorator.callable_path.rpartition(".")
        if (library in _LIBRARIES and name in _ATTRS) or decorator.callable_path == "dataclasses.dataclass":
            found = {"frozen": "True"} if name == "frozen" else {}
            return found | {key: str(value) for key, value in arguments_of(decorator.value).items()}
    return None


def _base_paths(class_: griffe.Class) -> set[str]:
    bases = (base for each in (class_, *ancestors(class_)) for base in each.bases)
    return {base if isinstance(base, str) else base.canonical_path for base in bases}


def _parameters(class_: griffe.Class) -> Iterator[griffe.Parameter]:
    """Yield the parameters for the fields of a class itself."""
    options = settings(class_)
    if options.get("init") == "False":
        return
    for field in class_.members.values():
        if field.is_alias or not _is_field(field):
            continue
        arguments = arguments_of(field.value) if _is_field_call(field.value) else {"default": field.value}
        if str(arguments.get("init")) == "False":
            continue
        is_keyword = str(arguments.get("kw_only", options.get("kw_only"))) == "True"
        kinds = griffe.ParameterKind
        yield griffe.Parameter(
            _parameter_name(field.name, arguments, is_private=not is_struct(class_)),
            annotation=_accepted_type(field, arguments),
            kind=kinds.keyword_only if is_keyword else kinds.positional_or_keyword,
            default=_default(field, arguments, class_),
        )


def _is_field(each: griffe.Object) -> bool:
    """Whether a member is a field: no class variable, property or method. Code for type checkers has none."""
    is_declared = each.is_attribute and (each.annotation is not None or _is_field_call(each.value))
    return is_declared and each.runtime and "instance-attribute" in each.labels and "property" not in each.labels


def _is_field_call(value: griffe.Expr | str | None) -> bool:
    if not isinstance(value, griffe.ExprCall):
        return False
    library, _, name = value.canonical_path.rpartition(".")
    return library in _LIBRARIES and name in _FIELDS


def arguments_of(call: griffe.Expr | str | None) -> dict[str, griffe.Expr | str]:
    """Return the keyword arguments of a call."""
    arguments = call.arguments if isinstance(call, griffe.ExprCall) else ()
    return {each.name: each.value for each in arguments if isinstance(each, griffe.ExprKeyword)}


def _parameter_name(name: str, arguments: dict[str, griffe.Expr | str], *, is_private: bool) -> str:
    if "alias" in arguments:
        return str(arguments["alias"]).strip("'\"")
    return name.lstrip("_") if is_private else name


def _accepted_type(field: griffe.Object, arguments: dict[str, griffe.Expr | str]) -> griffe.Expr | str | None:
    """Return the type of a parameter: that of the field, or the one that a function converts to it."""
    converter = arguments.get("converter")
    if isinstance(converter, griffe.Expr):
        function = resolved(converter.canonical_path, field)
        if function is not None and function.is_function and (parameters := [*function.parameters]):
            return parameters[0].annotation
    type_ = field_type(field)
    return type_ if type_ != str(field.annotation) else field.annotation


def _default(
    field: griffe.Object, arguments: dict[str, griffe.Expr | str], class_: griffe.Class
) -> griffe.Expr | str | None:
    for name in ("factory", "default_factory"):
        if name in arguments:
            return f"{str(arguments[name]).partition('[')[0]}()"
    for each in class_.members.values():
        if not each.is_alias and each.is_function and f"{field.name}.default" in map(_decorator_text, each.decorators):
            return f"{each.name}()"
    default = arguments.get("default")
    return _EMPTY.get(str(default), default)


def _decorator_text(decorator: griffe.Decorator) -> str:
    return str(decorator.value)
