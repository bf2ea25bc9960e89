"""Changes of the Python API: `python -m tests.packaging.api_diff` prints those since a revision, for CHANGELOG.md.

griffe reads both revisions from their sources and finds the calls that no longer work. Exit status: 0 the revisions
were compared, 1 the version of the package is too low for its changes (with --check-version), 2 the revision cannot be
read.
"""

import argparse
import ast
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import griffe
from generator.changes import OPERATION, Change, Severity, markdown, summary, version_problem
from generator.output import write_all
from generator.revisions import RevisionError, extract, last_tag
from tests.packaging.api_deprecations import (
    deprecated_arguments,
    field_type,
    former_arguments,
    is_deprecated,
    present_name,
)
from tests.packaging.api_surface import ASYNC, FOLDERS, Surface, read_surface
from tests.packaging.project import ROOT
from tests.packaging.versions import package_version

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


def surface_changes(base: Surface, revision: Surface) -> Iterator[Change]:
    """Yield the changes from one public API to another, those of asynchronous methods in the same words."""
    for name in base.keys() - revision.keys():
        if _parent(name) not in base.keys() - revision.keys():
            yield Change("Removed", Severity.BREAKING, _shown(name))
    renamed = {f"{_parent(name)}.{present_name(revision[name])}" for name in base.keys() & revision.keys()}
    for name in revision.keys() - base.keys() - renamed:
        if _parent(name) not in revision.keys() - base.keys():
            yield Change("Added", Severity.MINOR, _shown(name))
    for name in base.keys() & revision.keys():
        yield from _object_changes(name, base[name], revision[name])


def _object_changes(name: str, base: griffe.Object, revision: griffe.Object) -> Iterator[Change]:
    yield from _deprecation(_shown(name), name, base, revision)
    if base.kind is not revision.kind:
        text = f"{_shown(name)} is a {revision.kind.value} instead of a {base.kind.value}"
        yield Change("Changed", Severity.BREAKING, text)
    elif base.is_class:
        classes = {*map(str, revision.bases), *(each.name for each in revision.mro())}
        for lost in map(str, base.bases):
            if lost not in classes:
                yield Change("Changed", Severity.BREAKING, f"{_shown(name)} is not a subclass of `{lost}`")
    elif base.is_function:
        yield from _call_changes(name, base, revision)
    elif str(base.annotation) == str(revision.annotation) == "TypeAlias":
        yield from _alias_changes(name, str(base.value), str(revision.value))
    else:
        is_sent = name.startswith("params.")
        yield from type_changes(_shown(name), field_type(base), field_type(revision), is_sent=is_sent)


def _deprecation(shown: str, name: str, base: griffe.Object, revision: griffe.Object) -> Iterator[Change]:
    if is_deprecated(revision) and not is_deprecated(base):
        new = present_name(revision)
        text = f"{shown}, now {_shown(f'{_parent(name)}.{new}')}" if new else shown
        yield Change("Deprecated", Severity.MINOR, text)
    elif is_deprecated(base) and not is_deprecated(revision):
        yield Change("Changed", Severity.MINOR, f"{shown} is not deprecated any more")


def _call_changes(name: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    yield from _argument_deprecations(name, base, revision)
    base = _with_present_names(base, former_arguments(revision))
    for breakage in griffe.find_breaking_changes(_holder(base), _holder(revision)):
        old, new = breakage.old_value, breakage.new_value
        if breakage.kind in _CALL_CHANGES:
            section, text = _CALL_CHANGES[breakage.kind]
            parameter = f"the parameter `{(old or new).name}` of {OPERATION}"
            text = text.format(parameter=parameter, old=old, new=new)
            yield Change(section, Severity.BREAKING, text, _shown(name))
    before = {parameter.name: parameter for parameter in base.parameters}
    for parameter in revision.parameters:
        subject = f"the parameter `{parameter.name}` of {_shown(name)}"
        if parameter.name in before:
            old = before[parameter.name].annotation
            yield from type_changes(subject, old, parameter.annotation, is_sent=True)
        elif not parameter.required:
            yield Change("Added", Severity.MINOR, f"the parameter `{parameter.name}` of {OPERATION}", _shown(name))
    yield from type_changes(f"the result of {_shown(name)}", base.returns, revision.returns, is_sent=False)


def _with_present_names(function: griffe.Function, names: dict[str, str]) -> griffe.Function:
    """Return a function whose parameters have their present names, so that only other changes are found."""
    parameters = [
        griffe.Parameter(
            names.get(each.name, each.name), annotation=each.annotation, kind=each.kind, default=each.default
        )
        for each in function.parameters
    ]
    return griffe.Function(function.name, parameters=griffe.Parameters(*parameters), returns=function.returns)


def _argument_deprecations(name: str, base: griffe.Function, revision: griffe.Function) -> Iterator[Change]:
    """Yield the arguments that are now deprecated or have another name, and former names that are gone."""
    accepted, deprecated = former_arguments(revision), deprecated_arguments(revision)
    before, after = ({parameter.name for parameter in each.parameters} for each in (base, revision))
    for old, new in accepted.items():
        if old in before:
            text = f"the parameter `{old}` of {OPERATION}, now `{new}`"
            yield Change("Deprecated", Severity.MINOR, text, _shown(name))
    for old, new in former_arguments(base).items():
        if old not in after | accepted.keys():
            text = f"the former name `{old}` of the parameter `{new}` of {OPERATION}"
            yield Change("Removed", Severity.BREAKING, text, _shown(name))
    for parameter in (deprecated - deprecated_arguments(base)) & before:
        yield Change("Deprecated", Severity.MINOR, f"the parameter `{parameter}` of {OPERATION}", _shown(name))
    for parameter in (deprecated_arguments(base) - deprecated) & after:
        text = f"the parameter `{parameter}` of {OPERATION} is not deprecated any more"
        yield Change("Changed", Severity.MINOR, text, _shown(name))


def _holder(function: griffe.Function) -> griffe.Module:
    module = griffe.Module("holder")
    module.members["function"] = function
    return module


def type_changes(subject: str, base: object, revision: object, *, is_sent: bool) -> Iterator[Change]:
    """Yield the change of a type. What is sent may accept more types, and what is received may have fewer."""
    old, new = _parts(str(base)), _parts(str(revision))
    if old != new:
        wider, narrower = (new, old) if is_sent else (old, new)
        is_breaking = not all(_accepts(wider, part) for part in narrower)
        severity = Severity.BREAKING if is_breaking else Severity.MINOR
        yield Change("Changed", severity, f"the type of {subject} is `{revision}` instead of `{base}`")


def _alias_changes(name: str, base: str, revision: str) -> Iterator[Change]:
    """Yield the members that a union or `Literal` has gained or lost. Readers of responses do not rely on them."""
    old, new = _parts(base), _parts(revision)
    for member in new - old:
        yield Change("Added", Severity.MINOR, f"`{member}` in {_shown(name)}")
    for member in old - new:
        severity = Severity.MINOR if name.startswith("models.") else Severity.BREAKING
        yield Change("Removed", severity, f"`{member}` in {_shown(name)}")


def _accepts(parts: set[str], part: str) -> bool:
    """Whether a member of a union belongs to a type with the members `parts`."""
    if part in parts:
        return True
    return (part == "int" and "float" in parts) or (part[:1] in ("'", '"') and "str" in parts)


def _parts(annotation: str) -> set[str]:
    """Return the members of a union or of a `Literal`."""
    parts, queue = set[str](), [ast.parse(annotation, mode="eval").body]
    while queue:
        match queue.pop():
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                queue += [left, right]
            case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=members)):
                parts |= {ast.unparse(member) for member in members}
            case ast.Subscript(value=ast.Name(id="Literal"), slice=member):
                parts.add(ast.unparse(member))
            case ast.Subscript(value=ast.Name(id="NotRequired"), slice=member):
                queue.append(member)
                parts.add("NotRequired")
            case part:
                parts.add(ast.unparse(part))
    return parts


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _shown(name: str) -> str:
    return f"`{name.removeprefix(ASYNC)}`"


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Print the changes and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.api_diff", description=__doc__)
    parser.add_argument("base", nargs="?", help="a commit, branch or tag (default: the last version tag)")
    parser.add_argument("--check-version", action="store_true", help="fail if the version is too low for the changes")
    options = parser.parse_args(argv)
    with TemporaryDirectory() as scratch:
        try:
            base = options.base or last_tag(root)
            if base is None:
                print("api-diff: there is no version tag to compare with", file=sys.stderr)
                return 0
            before = _read_revision(root, base, Path(scratch))
        except RevisionError as error:
            print(f"api-diff: {error}", file=sys.stderr)
            return 2
        changes = list(surface_changes(before, read_surface(root)))
        versions = package_version(Path(scratch)), package_version(root)
    write_all(markdown(changes, "Client").encode())
    print(f"api-diff: {summary(changes, base)}", file=sys.stderr)
    problem = version_problem(changes, *versions) if options.check_version else None
    if problem:
        print(f"api-diff: {problem}", file=sys.stderr)
    return 1 if problem else 0


def _read_revision(root: Path, revision: str, scratch: Path) -> Surface:
    extract(root, revision, FOLDERS, scratch)
    try:
        return read_surface(scratch)
    except KeyError as error:
        raise RevisionError(f"{revision} has another layout, without {error}. Name a later revision.") from None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written, so Ctrl-C may end it at once
    sys.exit(main())
