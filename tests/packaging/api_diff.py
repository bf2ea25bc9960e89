"""Changes of the Python API: `python -m tests.packaging.api_diff` prints those since a revision, for CHANGELOG.md.

griffe reads both revisions from their sources and finds the calls that no longer work. Exit status: 0 the revisions
were compared, 1 the version of the package is too low for its changes (with --check-version), 2 the revision cannot be
read.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import griffe
from tests.packaging.api_calls import call_changes
from tests.packaging.api_classes import attribute_changes, class_changes, is_implemented
from tests.packaging.api_constructors import is_named_tuple
from tests.packaging.api_deprecations import is_deprecated
from tests.packaging.api_expressions import is_type_alias, type_text
from tests.packaging.api_keys import is_required
from tests.packaging.api_surface import ASYNC, FOLDERS, Surface, inherited, read_surface, unbound
from tests.packaging.api_types import alias_changes
from tests.packaging.changes import Change, Severity, markdown, summary, version_problem
from tests.packaging.project import ROOT
from tests.packaging.revisions import RevisionError, extract, last_tag, no_base
from tests.packaging.versions import package_version


def surface_changes(base: Surface, revision: Surface) -> Iterator[Change]:
    """Yield the changes from one public API to another, those of asynchronous methods in the same words."""
    accepted = {word for each in base.values() for word in _accepted_types(each)}
    for name in base.keys() | revision.keys():
        old = base.get(name) or inherited(base, name)
        new = revision.get(name) or inherited(revision, name)
        method = unbound(name)
        if method is not None and (method in base, method in revision) == (old is not None, new is not None):
            continue  # the change is that of the method
        if old is None and new is not None:
            if _parent(name) in base or _parent(name) not in revision:
                yield _addition(name, new, accepted)
        elif new is None:
            if _parent(name) in revision or _parent(name) not in base:
                yield Change("Removed", Severity.BREAKING, _shown(name))
        else:
            yield from _object_changes(name, old, new)


def _accepted_types(each: griffe.Object) -> Iterator[str]:
    """Yield the names in the types of the parameters of a function."""
    for parameter in each.parameters if each.is_function else ():
        if isinstance(parameter.annotation, griffe.Expr):
            yield from (part.name for part in parameter.annotation.iterate() if isinstance(part, griffe.ExprName))


def _addition(name: str, added: griffe.Object, accepted: set[str]) -> Change:
    """Return the addition of an object. It is breaking if existing code would have to add it, too."""
    class_ = added.parent
    if name.startswith("params.") and name.count(".") > 1 and added.is_attribute and is_required(added):
        return Change("Added", Severity.BREAKING, f"{_shown(name)}, which is required")
    if class_ is not None and class_.is_class:
        is_abstract = "abstractmethod" in added.labels or is_implemented(class_, accepted)
        if is_abstract or (is_named_tuple(class_) and added.is_attribute and "property" not in added.labels):
            return Change("Added", Severity.BREAKING, _shown(name))
    return Change("Added", Severity.MINOR, _shown(name))


def _object_changes(name: str, base: griffe.Object, revision: griffe.Object) -> Iterator[Change]:
    shown, is_model = _shown(name), name.startswith("models.")
    yield from _deprecation(shown, base, revision)
    if base.kind is not revision.kind:
        text = f"{shown} is {_kind(revision)} instead of {_kind(base)}"
        yield Change("Changed", Severity.BREAKING, text)
    elif base.is_class:
        yield from class_changes(shown, base, revision)
    elif base.is_function:
        changes = call_changes(shown, base, revision)
        yield from _of_model(changes) if is_model and base.name == "__init__" else changes
    elif is_type_alias(base) and is_type_alias(revision):
        texts = type_text(base.value, base), type_text(revision.value, revision)
        yield from alias_changes(shown, *texts, is_received=is_model)
    else:
        yield from attribute_changes(shown, base, revision, is_sent=name.startswith("params."))


def _of_model(changes: Iterator[Change]) -> Iterator[Change]:
    """Yield the changes of the constructor of a model that its fields do not show: those of existing parameters."""
    for change in changes:
        if change.section == "Changed" and not change.text.startswith("the type of "):
            yield change


def _kind(each: griffe.Object) -> str:
    kind = "property" if "property" in each.labels else each.kind.value
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _deprecation(shown: str, base: griffe.Object, revision: griffe.Object) -> Iterator[Change]:
    if is_deprecated(revision) and not is_deprecated(base):
        yield Change("Deprecated", Severity.MINOR, shown)
    elif is_deprecated(base) and not is_deprecated(revision):
        yield Change("Changed", Severity.MINOR, f"{shown} is not deprecated any more")


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
                print(f"api-diff: {no_base(root)}", file=sys.stderr)
                return 0
            before, after = _read_revision(root, base, Path(scratch)), read_surface(root)
        except RevisionError as error:
            print(f"api-diff: {error}", file=sys.stderr)
            return 2
        changes = list(surface_changes(before, after))
        versions = package_version(Path(scratch)), package_version(root)
    print(markdown(changes, "Client"), end="")
    print(f"api-diff: {summary(changes, base)}", file=sys.stderr)
    problem = version_problem(changes, *versions) if options.check_version else None
    if problem:
        print(f"api-diff: {problem}", file=sys.stderr)
    return 1 if problem else 0


def _read_revision(root: Path, revision: str, scratch: Path) -> Surface:
    extract(root, revision, FOLDERS, scratch)
    try:
        return read_surface(scratch)
    except RevisionError as error:
        raise RevisionError(f"{revision}: {error}") from None
    except KeyError as error:
        raise RevisionError(f"{revision} has another layout, without {error}. Name a later revision.") from None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written, so Ctrl-C may end it at once
    sys.exit(main())
