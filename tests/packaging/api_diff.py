"""Breaking changes of the Python package: `python -m tests.packaging.api_diff` lists those since a revision.

griffe reads both revisions from their sources. Exit status: 0 the revisions were compared, 1 the version of the package
is too low for its changes (with --check-version), 2 the revision cannot be read.
"""

import argparse
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import griffe
from packaging.version import Version
from tests.packaging.project import ROOT
from tests.packaging.versions import VERSION, RevisionError, last_tag, package_version, read_file, version_in

FOLDERS = (Path("generated"), Path("overrides"))
PACKAGES = ("_buildkite_rest", "buildkite_rest")
GENERATED = tuple(f"_buildkite_rest.{name}" for name in ("models", "params", "resources", "organization"))
HANDWRITTEN = tuple(
    f"buildkite_rest.{name}"
    for name in ("_public", "conformance.traffic", "logs", "mock", "pytest_plugin", "urls", "webhooks")
)
"""Modules that users import, and the one with the names of the package itself."""


def breakages(before: griffe.ModulesCollection, after: griffe.ModulesCollection) -> list[str]:
    """Return a line of Markdown for each change that makes existing code fail, sorted."""
    pairs = [
        *((before[name], after[name]) for name in GENERATED),
        *((_public_part(before[name]), _public_part(after[name])) for name in HANDWRITTEN),
    ]
    found = (each for pair in pairs for each in griffe.find_breaking_changes(*pair))
    return sorted({each.explain(griffe.ExplanationStyle.MARKDOWN) for each in found})


def _public_part(module: griffe.Module) -> griffe.Module:
    """Return the public names of a module without the modules in it, which users do not import."""
    part = griffe.Module(module.name)
    part.members.update({name: each for name, each in module.members.items() if each.is_public and not each.is_module})
    return part


def read_package(load: Callable[..., object], folders: tuple[Path, ...]) -> griffe.ModulesCollection:
    """Load the packages in `folders` with `griffe.load` or `griffe.load_git`."""
    modules = griffe.ModulesCollection()
    for name in PACKAGES:
        load(
            name,
            search_paths=folders,
            modules_collection=modules,
            allow_inspection=False,
            resolve_aliases=True,
            resolve_external=False,
            resolve_implicit=True,
        )
    return modules


def version_problem(before: str, after: str) -> str | None:
    """Return why a version is too low for a breaking change, or None. After a pre-release, anything may change.

    Before 1.0.0, a breaking change raises the second number.
    """
    old, new = Version(before), Version(after)
    length = 1 if old.major else 2
    if old.is_prerelease or new.release[:length] > old.release[:length]:
        return None
    return f"the version {after} is too low: there are breaking changes since {before}"


def main(arguments: list[str] | None = None) -> int:
    """Print the changes and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.api_diff", description=__doc__)
    parser.add_argument("base", nargs="?", help="a commit, branch or tag (default: the last version tag)")
    parser.add_argument("--check-version", action="store_true", help="fail if the version is too low for the changes")
    options = parser.parse_args(arguments)
    # A candidate may change anything, so the changes since the version before it decide.
    base = options.base or (options.check_version and last_tag(ROOT, released=True)) or last_tag(ROOT)
    if base is None:
        print("api-diff: there is no version tag before this commit. Name a revision: BASE=main", file=sys.stderr)
        return 0
    logging.getLogger("griffe").setLevel(logging.CRITICAL)  # it warns about names of packages that it does not load
    try:
        version = version_in(read_file(ROOT, base, VERSION))
        before = read_package(partial(griffe.load_git, ref=base, repo=ROOT), FOLDERS)
        found = breakages(before, read_package(griffe.load, tuple(ROOT / each for each in FOLDERS)))
    except (RevisionError, griffe.GitError) as error:
        print(f"api-diff: {error}", file=sys.stderr)
        return 2
    print("".join(f"{line}\n" for line in found), end="")
    print(f"api-diff: {len(found)} breaking changes since {base}", file=sys.stderr)
    problem = version_problem(version, package_version()) if found and options.check_version else None
    if problem:
        print(f"api-diff: {problem}", file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
