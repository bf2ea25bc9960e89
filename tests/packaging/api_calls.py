"""Changes of functions and methods: calls that no longer work, return something else, or warn."""

import re
from collections.abc import Iterable, Iterator

import griffe
from tests.packaging.api_deprecations import deprecated_arguments
from tests.packaging.api_expressions import type_text, type_variables, value_text
from tests.packaging.api_types import type_changes
from tests.packaging.changes import OPERATION, Change, Severity

_CALL_CHANGES = {
    griffe.BreakageKind.PARAMETER_REMOVED: ("Removed", "{parameter}"),
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: ("Added", "{parameter}, which is required"),
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: ("Changed", "{parameter} is required"),
    griffe.BreakageKind.PARAMETER_MOVED: ("Changed", "{parameter} is at another position"),
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: ("Changed", "{parameter} is {new.kind.value}"),
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: (
        "Changed",
        "{parameter} is by default `{new.default}` instead of `{old.default}`",
    ),
}
"""Section and text of each kind of a call that no longer works, or does something else."""

_RESTRICTED = {griffe.ParameterKind.keyword_only, griffe.ParameterKind.positional_only}

_YIELD = re.compile(r"^\s+yield\b", re.MULTILINE)

_KINDS = {
    "async": "async",
    "staticmethod": "a static method",
    "classmethod": "a class method",
    "contextmanager": "a context manager",
    "asynccontextmanager": "an asynchronous context manager",
    "abstractmethod": "abstract",
}
"""Text of each label and decorator that changes how a function is called or overridden."""


def call_changes(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    """Yield the changes of a function. If it has overloads, the types are theirs."""
    yield from _argument_deprecations(shown, base, revision)
    yield from _kind_changes(shown, base, revision)
    old, new = _signature(base, _positional_names(base, revision)), _signature(revision, {})
    yield from _parameter_changes(shown, old, new)
    if base.overloads or revision.overloads:
        yield from _overload_changes(shown, base, revision)
    else:
        yield from _type_changes(shown, old, new)
        yield from variable_changes(shown, _variables(base), _variables(revision))


def variable_changes(shown: str, base: dict[str, str], revision: dict[str, str]) -> Iterator[Change]:
    """Yield the type variables that are defined in another way."""
    for name in base.keys() & revision.keys():
        if base[name] != revision[name]:
            text = f"the type variable `{name}` of {OPERATION} is `{revision[name]}` instead of `{base[name]}`"
            yield Change("Changed", Severity.BREAKING, text, shown)


def _parameter_changes(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    for breakage in griffe.find_breaking_changes(_holder(base), _holder(revision)):
        old, new = breakage.old_value, breakage.new_value
        if breakage.kind in _CALL_CHANGES:
            section, text = _CALL_CHANGES[breakage.kind]
            text = text.format(parameter=_parameter((old or new).name), old=old, new=new)
            yield Change(section, Severity.BREAKING, text, shown)
    before = {parameter.name: parameter for parameter in base.parameters}
    for parameter in revision.parameters:
        old = before.get(parameter.name)
        if old is None and not parameter.required:
            yield Change("Added", Severity.MINOR, _parameter(parameter.name), shown)
        if old is None:
            continue
        if old.required and not parameter.required:
            yield Change("Changed", Severity.MINOR, f"{_parameter(parameter.name)} is optional", shown)
        if old.kind in _RESTRICTED and parameter.kind is griffe.ParameterKind.positional_or_keyword:
            text = f"{_parameter(parameter.name)} is {parameter.kind.value} instead of {old.kind.value}"
            yield Change("Changed", Severity.MINOR, text, shown)


def _type_changes(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    before = {parameter.name: parameter for parameter in base.parameters}
    for parameter in revision.parameters:
        if parameter.name in before:
            subject = f"the parameter `{parameter.name}` of {shown}"
            old = str(before[parameter.name].annotation)
            yield from type_changes(subject, old, str(parameter.annotation), is_sent=True)
    yield from type_changes(f"the result of {shown}", str(base.returns), str(revision.returns), is_sent=False)


def _kind_changes(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    old, new = _kinds(base), _kinds(revision)
    for kind in new - old:
        yield Change("Changed", Severity.BREAKING, f"{shown} is {_KINDS[kind]}")
    for kind in old - new:
        severity = Severity.MINOR if kind == "abstractmethod" else Severity.BREAKING
        yield Change("Changed", severity, f"{shown} is not {_KINDS[kind]} any more")


def _kinds(function: griffe.Function) -> set[str]:
    names = {decorator.callable_path.rpartition(".")[2] for decorator in function.decorators}
    kinds = (names | function.labels) & _KINDS.keys()
    is_generator = str(function.returns).startswith("Async") and _YIELD.search(function.source)
    return kinds - {"async"} if is_generator else kinds  # one is called alike, whether it is `async def` or `def`


def _overload_changes(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    """Yield the changes of the types of overloads. Those of a pair are compared if their number is the same."""
    old = {_shown_signature(each): each for each in base.overloads or (base,)}
    new = {_shown_signature(each): each for each in revision.overloads or (revision,)}
    lost, gained = ([text for text in this if text not in that] for this, that in ((old, new), (new, old)))
    if base.overloads and revision.overloads and len(lost) == len(gained):
        for before, after in zip(lost, gained, strict=True):
            signatures = _signature(old[before], {}), _signature(new[after], {})
            yield from _parameter_changes(shown, *signatures)
            yield from _type_changes(shown, *signatures)
    else:
        for text in lost:
            yield Change("Removed", Severity.BREAKING, f"the overload `{text}` of {shown}")
        for text in gained:
            yield Change("Added", Severity.MINOR, f"the overload `{text}` of {shown}")
    for before, after in zip(old.values(), new.values(), strict=False):
        yield from variable_changes(shown, _variables(before), _variables(after))


def _shown_signature(function: griffe.Function) -> str:
    return _signature(function, {}).signature(return_type=True, name="")


def _signature(function: griffe.Function, names: dict[str, str]) -> griffe.Function:
    """Return a function with texts for types and defaults, and with other names of parameters. It has no `self`."""
    parameters = [
        griffe.Parameter(
            names.get(each.name, each.name),
            annotation=type_text(each.annotation, function),
            kind=each.kind,
            default=None if each.default is None else value_text(each.default, function),
        )
        for each in _passed(function)
    ]
    returns = type_text(function.returns, function)
    return griffe.Function(function.name, parameters=griffe.Parameters(*parameters), returns=returns)


def _passed(function: griffe.Function) -> list[griffe.Parameter]:
    """Return the parameters that a caller passes."""
    parameters = list(function.parameters)
    is_method = function.parent is not None and function.parent.is_class and "staticmethod" not in function.labels
    return parameters[1:] if is_method else parameters


def _positional_names(base: griffe.Function, revision: griffe.Function) -> dict[str, str]:
    """Return the present names of positional-only parameters, which callers do not use."""
    only = griffe.ParameterKind.positional_only
    pairs = zip(_passed(base), _passed(revision), strict=False)
    return {old.name: new.name for old, new in pairs if old.kind is new.kind is only}


def _variables(function: griffe.Function) -> dict[str, str]:
    declared = {each.name: str(each.annotation) for each in function.type_parameters}
    annotations = [*(each.annotation for each in function.parameters), function.returns]
    return declared | type_variables(function, *annotations)


def _argument_deprecations(shown: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    """Yield the arguments that are now deprecated, or not any more."""
    deprecated = deprecated_arguments(revision)
    before, after = (_names(each.parameters) for each in (base, revision))
    for parameter in (deprecated - deprecated_arguments(base)) & before:
        yield Change("Deprecated", Severity.MINOR, _parameter(parameter), shown)
    for parameter in (deprecated_arguments(base) - deprecated) & after:
        yield Change("Changed", Severity.MINOR, f"{_parameter(parameter)} is not deprecated any more", shown)


def _names(parameters: Iterable[griffe.Parameter]) -> set[str]:
    return {parameter.name for parameter in parameters}


def _parameter(name: str) -> str:
    return f"the parameter `{name}` of {OPERATION}"


def _holder(function: griffe.Function) -> griffe.Module:
    module = griffe.Module("holder")
    module.members["function"] = function
    return module
