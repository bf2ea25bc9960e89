"""Writes the packages `models` and `params` with datamodel-code-generator."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .bundle import dump, operations
from .document import SCHEMA_PREFIX, reachable_schemas, resolve
from .errors import GenerationError, Problem
from .header import HEADER

_TEMPLATES = Path(__file__).parent / "model_templates"

_COMMON = (
    "--input-file-type=openapi",
    "--module-split-mode=single",
    "--enum-field-as-literal=all",
    "--disable-timestamp",
    "--no-formatters",
    "--target-python-version=3.11",
    "--use-standard-collections",
    "--use-union-operator",
    "--use-exact-imports",
    "--use-type-alias",
    "--use-schema-description",
    "--use-field-description",
    "--use-attribute-docstrings",
    "--use-single-line-docstring",
    "--disable-future-imports",
    "--ignore-pyproject",
)
_DATE_TIME = "_buildkite_rest.types.DateTime"
_AWARE_DATETIME = "_buildkite_rest.types.AwareDatetime"
_IMPORTS = (
    "collections.abc.Mapping",
    "typing.ClassVar",
    "typing.Literal",
    "_buildkite_rest.types.DateTimeStruct",
    "_buildkite_rest.types.masked_repr",
)
_MODELS = (
    "--output-model-type=msgspec.Struct",
    "--output-datetime-class=datetime",
    "--keyword-only",
    "--use-msgspec-tagged-unions",
    "--field-extra-keys=x-secret",
    f"--additional-imports={','.join(_IMPORTS)}",
)
_PARAMS = (
    "--output-model-type=typing.TypedDict",
    "--output-datetime-class=datetime",
    # A caller's `dict[str, str]` is no `dict[str, str | int]`, but it is such a `Mapping`.
    "--use-generic-container-types",
)


def write_models(document: dict[str, Any], package: Path) -> None:
    """Write a `msgspec.Struct` for each schema that a success response or a webhook needs."""
    _write(_with_time_zones(_select(document, _response_roots(document))), package, _MODELS)


def write_params(document: dict[str, Any], package: Path) -> None:
    """Write a `TypedDict` or literal type for each schema that a request needs."""
    _write(_select(document, _request_roots(document)), package, _PARAMS)


def exported_names(package: Path) -> dict[str, str]:
    """Return the public name of each class and type alias in `package`, with the module that defines it."""
    names: dict[str, str] = {}
    for module in sorted(package.glob("*.py")):
        if module.stem == "__init__":
            continue
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                names[node.name] = module.stem
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names[node.target.id] = module.stem
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names[node.targets[0].id] = module.stem
    return dict(sorted(names.items()))


def _response_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        for status, response in operation.node["responses"].items():
            if status[0] in "23":
                yield resolve(document, response).get("content", {})
    yield from document.get("webhooks", {}).values()
    for name, schema in document["components"]["schemas"].items():
        if schema.get("x-entry-point"):
            yield {"$ref": f"{SCHEMA_PREFIX}{name}"}


def _request_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        yield operation.node.get("requestBody", {}).get("content", {}).get("application/json", {})
        for parameter in operation.node.get("parameters", ()):
            yield resolve(document, parameter).get("schema", {})


def _select(document: dict[str, Any], roots: Iterable[Any]) -> dict[str, Any]:
    """Return a document with nothing but the schemas that `roots` need."""
    names = reachable_schemas(document, roots)
    schemas = {name: schema for name, schema in document["components"]["schemas"].items() if name in names}
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": {},
        "components": {"schemas": schemas},
    }


def _with_time_zones(node: Any) -> Any:
    """Copy schemas so that each `date-time` has the type of a time with a zone, unless it has another type already."""
    if isinstance(node, list):
        return [_with_time_zones(value) for value in node]
    if not isinstance(node, dict) or "x-python-type" in node:
        return node
    if node.get("format") != "date-time":
        return {key: _with_time_zones(value) for key, value in node.items()}
    if isinstance(node["type"], str):
        return node | {"x-python-type": _AWARE_DATETIME}
    # datamodel-code-generator ignores `x-python-type` beside a list of types.
    time = {"type": "string", "format": "date-time", "x-python-type": _AWARE_DATETIME}
    others = {key: value for key, value in node.items() if key not in time}
    return others | {"oneOf": [time, {"type": "null"}]}


def _datetimes(document: dict[str, Any]) -> list[str]:
    """Return the schemas of times that the API writes in either of two forms."""
    schemas = document["components"]["schemas"]
    return [name for name, schema in schemas.items() if schema.get("x-python-type") == _DATE_TIME]


def _write(document: dict[str, Any], package: Path, options: tuple[str, ...]) -> None:
    with TemporaryDirectory() as scratch:
        source = Path(scratch) / "openapi.yaml"
        source.write_text(dump(document), encoding="utf-8")
        data = Path(scratch) / "template_data.json"
        data.write_text(json.dumps({"#all#": {"datetimes": _datetimes(document)}}), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "datamodel_code_generator", f"--input={source}", f"--output={package}"),
            *(f"--custom-template-dir={_TEMPLATES}", f"--custom-file-header={HEADER}"),
            f"--extra-template-data={data}",
            *_COMMON,
            *options,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stderr + done.stdout).strip()
    if done.returncode or said:
        # The line of code under a warning is indented, and says nothing.
        lines = [line for line in said.splitlines() if not line.startswith(" ")]
        message = lines[-1] if lines else f"it ended with status {done.returncode}"
        raise GenerationError([Problem("datamodel-code-generator", "generator-warning", message)])
    if changed := document["components"]["schemas"].keys() ^ exported_names(package).keys():
        names = ", ".join(sorted(changed))
        message = f"a name of the generator's own gets in the way, choose another one for the schema: {names}"
        raise GenerationError([Problem("datamodel-code-generator", "generator-rename", message)])
