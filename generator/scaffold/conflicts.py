"""Names of a new resource that something else has already."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ..buildkite import ORGANIZATION
from ..bundle import read_bundle
from ..document import operations
from ..errors import GenerationError, Location, Problem
from ..lint.names import schema_name, tag_name
from .names import Names

_ADVICE = "Choose another tag, or another --noun."


def check_names(names: Names, spec: Path, changed: dict[Path, str]) -> None:
    """Check that each name of the skeleton is new to the spec and to the files that `changed` has the new texts of.

    Raises:
        GenerationError: A name is not new. There is one problem, with what has the name. Or the spec cannot be read.
    """
    for problem in chain(_reserved(names), _taken_in_spec(names, spec), _taken_in_files(names, changed)):
        raise GenerationError([problem])


def _reserved(names: Names) -> Iterator[Problem]:
    """Yield the names that no resource may have."""
    document = {"tags": [{"name": names.tag}], "components": {"schemas": {names.class_name: {}}}}
    for _, message in (*tag_name(document), *schema_name(document)):
        yield Problem(repr(names.tag), "new", f"{message}. {_ADVICE}")


def _taken_in_spec(names: Names, spec: Path) -> Iterator[Problem]:
    for location, kind, name in _names_in_spec(names, spec):
        yield Problem(location, "new", f"already has the {kind} {name!r}. {_ADVICE}")


def _names_in_spec(names: Names, spec: Path) -> Iterator[tuple[Location, str, str]]:
    """Yield the location, the kind and the name of whatever has a name of the skeleton."""
    bundle = read_bundle(spec)
    components = bundle.document["components"]
    wanted = [("schemas", f"{names.class_name}{suffix}") for suffix in ("", "Create", "Update")]
    for kind, name in (*wanted, ("parameters", f"{names.noun}_id")):
        if name in components.get(kind, {}):
            yield bundle.locate(("components", kind, name)), kind.removesuffix("s"), name
    ids = {f"{verb}{names.class_name}" for verb in ("create", "get", "update", "delete")}
    ids.add(f"list{names.class_name_plural}")
    path = f"/v2/organizations/{{{ORGANIZATION}}}/{names.segment}"
    for operation in operations(bundle.document):
        if operation.node["operationId"] in ids:
            yield bundle.locate(operation.pointer), "operationId", operation.node["operationId"]
        if operation.path == path:
            yield bundle.locate(operation.pointer), "path", path
    for index, tag in enumerate(bundle.document["tags"]):
        if tag["name"] == names.tag:
            yield bundle.locate(("tags", str(index))), "tag", names.tag
    for name, scheme in components.get("securitySchemes", {}).items():
        for scope in scheme.get("x-scopes", ()):
            if scope in {f"read_{names.tag}", f"write_{names.tag}"}:
                yield bundle.locate(("components", "securitySchemes", name, "x-scopes")), "scope", scope


def _taken_in_files(names: Names, changed: dict[Path, str]) -> Iterator[Problem]:
    """Yield the constants and fields of the mock server that are in its files twice with the new one."""
    for path, text in changed.items():
        for name, separator in ((names.constant, " = "), (names.tag, ": ")):
            if sum(line.startswith(f"    {name}{separator}") for line in text.splitlines()) > 1:
                yield Problem(path, "new", f"already has {name!r}. {_ADVICE}")
