"""The public names of the package at a revision, read from its sources with griffe. Nothing is imported."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import griffe
from tests.packaging.api_constructors import constructor
from tests.packaging.api_expressions import mark_public
from tests.packaging.api_keys import keys_of_call
from tests.packaging.revisions import RevisionError

PACKAGE, GENERATED = "buildkite_rest", "_buildkite_rest"
FOLDERS = ("overrides", "generated")
MODULES = ("conformance.traffic", "logs", "mock", "pytest_plugin", "urls", "webhooks")
"""Public modules beside `models` and `params`, which are generated."""

_CLIENTS = ("Buildkite", "AsyncBuildkite", "OrganizationClient", "AsyncOrganizationClient")
"""Classes with an attribute for each resource."""

_BOUND = {"OrganizationClient": "", "AsyncOrganizationClient": "async "}
"""Clients whose methods are those of the other clients without `org`, and the prefix of the names of these."""

ASYNC = "async "
"""Prefix of the names of asynchronous methods: those of a resource are `builds.list` and `async builds.list`."""

_SPECIAL_METHODS = {
    *("__init__", "__new__", "__call__", "__bool__", "__len__", "__contains__", "__getitem__"),
    *("__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__", "__next__", "__aiter__", "__anext__"),
    *("__fspath__", "__int__", "__float__", "__bytes__"),
}
"""Methods that users call by an operator, a statement or a built-in function."""

Surface: TypeAlias = dict[str, griffe.Object]


def read_surface(root: Path) -> Surface:
    """Return each public object below `root` by the name that users know: `models.Build.state`, `builds.list`.

    Raises:
        RevisionError: A file has a syntax error.
    """
    _check_syntax(root)
    logging.getLogger("griffe").setLevel(logging.ERROR)  # it warns about docstrings, too
    loader = griffe.GriffeLoader(
        extensions=griffe.load_extensions(_Redefinitions),
        search_paths=[root / folder for folder in FOLDERS],
        allow_inspection=False,
    )
    generated, package = loader.load(GENERATED), loader.load(PACKAGE)
    loader.resolve_aliases(implicit=True, external=False)
    roots = {"Model": generated["model.Model"], **_public_members(package)}
    modules = {name: generated[name] for name in ("models", "params")} | {
        name: package[name] for name in MODULES if _has(package, name)
    }
    for name, module in modules.items():
        roots |= {f"{name}.{key}": each for key, each in _public_members(module).items()}
    tags = dict(_resources(roots["Buildkite"], loader, "resources."))
    roots |= tags | {f"{ASYNC}{tag}": each for tag, each in _resources(roots["AsyncBuildkite"], loader, "resources.")}
    known = {each.path for each in roots.values()}
    surface = {name: each for key, root_object in roots.items() for name, each in _flat(key, root_object, known)}
    attributes = {f"{client}.{tag}" for client in _CLIENTS for tag in tags}
    found = {name: each for name, each in surface.items() if name not in attributes}
    for each in found.values():
        mark_public(each)
    for client in _BOUND.keys() & roots.keys():
        for tag, resource in _resources(roots[client], loader, "organization."):
            members = ((name, each) for name, each in resource.all_members.items() if not name.startswith("_"))
            found |= {f"{client}.{tag}.{name}": _target(each) for name, each in members}
    return found


def unbound(name: str) -> str | None:
    """Return the name of the method that one of a client of an organization calls, or None for any other name."""
    client, _, method = name.partition(".")
    return f"{_BOUND[client]}{method}" if client in _BOUND and "." in method else None


def inherited(surface: Surface, name: str) -> griffe.Object | None:
    """Return a member of a public class that another public class defines, or None."""
    parent, _, key = name.rpartition(".")
    class_ = surface.get(parent)
    if class_ is None or not class_.is_class:
        return None
    if key == "__init__" and (made := constructor(class_)) is not None:
        return made
    members = class_.all_members
    return _target(members[key]) if key in members else None


def _check_syntax(root: Path) -> None:
    """Raise `RevisionError` for a file that griffe would leave out."""
    for path in (path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))):
        try:
            ast.parse(path.read_bytes())
        except SyntaxError as error:
            name = path.relative_to(root).as_posix()
            raise RevisionError(f"{name}:{error.lineno or 1}: {error.msg}") from None


class _Redefinitions(griffe.Extension):
    """Drops an imported name when a function replaces it: griffe would look up the types of the function in it."""

    def on_function_node(self, *, node: griffe.ObjectNode, agent: griffe.Visitor, **_: object) -> None:
        """Drop the import."""
        imported = agent.current.members.get(node.name)
        if imported is not None and imported.is_alias:
            agent.current.del_member(node.name)


def _has(package: griffe.Object | griffe.Alias, name: str) -> bool:
    """Return whether an older version has a module, which may be one of a package."""
    first, _, rest = name.partition(".")
    return first in package.members and (not rest or _has(package.members[first], rest))


def _public_members(module: griffe.Object) -> Surface:
    """Return the public members of a module except modules, with the objects that imported names refer to."""
    targets = {name: _target(each) for name, each in module.members.items() if each.is_public}
    return {name: each for name, each in targets.items() if not each.is_module}


def _target(each: griffe.Object | griffe.Alias) -> griffe.Object:
    return each.final_target if each.is_alias else each


def _resources(client: griffe.Object, loader: griffe.GriffeLoader, folder: str) -> Iterator[tuple[str, griffe.Object]]:
    """Yield the tag and the class of each resource of a client. `folder` is in the paths of the classes."""
    for name, member in client.all_members.items():
        path = getattr(getattr(member, "annotation", None), "canonical_path", "")
        if member.is_attribute and not name.startswith("_") and folder in path:
            yield name, loader.modules_collection[path]


def _flat(name: str, root: griffe.Object, known: set[str]) -> Iterator[tuple[str, griffe.Object]]:
    """Yield an object and, if it is a class, its members without those that another public class defines."""
    yield name, root
    if root.is_class:
        for key, member in root.all_members.items():
            target = _target(member)
            is_inherited = target.parent.path != root.path and target.parent.path in known
            if (key in _SPECIAL_METHODS or not key.startswith("_")) and not is_inherited:
                yield f"{name}.{key}", target
        if (made := constructor(root)) is not None:
            yield f"{name}.__init__", made
    elif root.is_attribute:
        for key, attribute in keys_of_call(root):
            yield f"{name}.{key}", attribute
