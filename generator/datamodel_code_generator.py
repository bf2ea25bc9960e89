"""Adapter for datamodel-code-generator, which writes the data types. It runs as a command, with our templates.

tests/unit/generator/test_datamodel_code_generator.py checks what those templates read of its fields.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .buildkite import PACKAGE, header
from .document import JSON, SCHEMA_PREFIX, operations, reachable_schemas, resolve
from .errors import GenerationError, Problem
from .processes import run_module

TEMPLATES = Path(__file__).parent / "model_templates"

_NAME = "datamodel-code-generator"
_IMPORTS = (
    "collections.abc.Mapping",
    "typing.TYPE_CHECKING",
    "typing.ClassVar",
    "typing.Literal",
)
_OWN_IMPORTS = ("deprecation.deprecated",)
_STRUCT_IMPORTS = (
    *("deprecation.OPTIONAL", "deprecation.DeprecatedField", "deprecation.deprecated_fields"),
    *("model.Model", "types.DateTimeStruct"),
)
_OPTIONS = (
    "--input-file-type=openapi",
    "--module-split-mode=single",
    "--enum-field-as-literal=all",
    "--no-formatters",
    "--output-datetime-class=datetime",
    "--target-python-version=3.11",
    "--use-exact-imports",
    "--use-schema-description",
    "--use-field-description",
    "--use-single-line-docstring",
    "--disable-future-imports",
    "--ignore-pyproject",
)
_STRUCTS = (
    "--output-model-type=msgspec.Struct",
    "--keyword-only",
    "--use-msgspec-tagged-unions",
    *("--field-extra-keys", "x-secret", "deprecated"),
)
_TYPED_DICTS = (
    "--output-model-type=typing.TypedDict",
    # A caller's `dict[str, str]` is not a `dict[str, str | int]`, but it is a `Mapping[str, str | int]`.
    "--use-generic-container-types",
)


def write_models(document: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write a `msgspec.Struct` for each schema that a success response or a webhook needs.

    Returns the module of each public name.
    """
    selected = _select(document, _response_roots(document))
    return _write_types(_with_time_zones(selected, f"{PACKAGE}.types.AwareDatetime"), folder, _STRUCTS)


def write_params(document: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write a `TypedDict` or literal type for each schema that an argument of a method needs.

    Returns the module of each public name.
    """
    return _write_types(_select(document, _request_roots(document)), folder, _TYPED_DICTS)


def _response_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        yield from (response.get("content", {}) for response in operation.success_responses.values())
    yield from document.get("webhooks", {}).values()
    for name, schema in document["components"]["schemas"].items():
        if schema.get("x-entry-point"):
            yield {"$ref": f"{SCHEMA_PREFIX}{name}"}


def _request_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        body = operation.node.get("requestBody", {}).get("content", {}).get(JSON, {})
        # A method has an argument for each property, so that the type of the body is in no signature.
        yield resolve(document, body.get("schema", {})).get("properties", {})
        yield from (parameter.get("schema", {}) for parameter in operation.parameters)


def _select(document: dict[str, Any], roots: Iterable[Any]) -> dict[str, Any]:
    """Return a document with only the schemas that `roots` need."""
    names = reachable_schemas(document, roots)
    schemas = {name: schema for name, schema in document["components"]["schemas"].items() if name in names}
    return {"openapi": document["openapi"], "info": document["info"], "paths": {}, "components": {"schemas": schemas}}


def _with_time_zones(node: Any, aware: str) -> Any:
    """Copy schemas so that each `date-time` has the type `aware`, unless it has another type already."""
    if isinstance(node, list):
        return [_with_time_zones(value, aware) for value in node]
    if not isinstance(node, dict) or "x-python-type" in node:
        return node
    if node.get("format") != "date-time":
        return {key: _with_time_zones(value, aware) for key, value in node.items()}
    if isinstance(node["type"], str):
        return node | {"x-python-type": aware}
    # datamodel-code-generator ignores `x-python-type` beside a list of types.
    time = {"type": "string", "format": "date-time", "x-python-type": aware}
    others = {key: value for key, value in node.items() if key not in time}
    return others | {"oneOf": [time, {"type": "null"}]}


def _write_types(
    document: dict[str, Any], folder: Path, options: tuple[str, ...], templates: Path = TEMPLATES
) -> dict[str, str]:
    """Write a module to `folder` for each schema of `document`, and return the module of each public name.

    Args:
        document: A document with schemas only.
        folder: The folder of the modules.
        options: `_STRUCTS` or `_TYPED_DICTS`.
        templates: The folder of the templates.

    Raises:
        GenerationError: datamodel-code-generator failed, printed a warning, or renamed a schema.
    """
    schemas = document["components"]["schemas"]
    times = [name for name, schema in schemas.items() if schema.get("x-python-type") == f"{PACKAGE}.types.DateTime"]
    with TemporaryDirectory() as scratch:
        source, data = Path(scratch) / "openapi.json", Path(scratch) / "template_data.json"
        source.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        old = [name for name, schema in schemas.items() if schema.get("deprecated")]
        data.write_text(json.dumps({"#all#": {"datetimes": times, "deprecated": old}}), encoding="utf-8")
        paths = (
            f"--input={source}",
            f"--output={folder}",
            f"--custom-template-dir={templates}",
            f"--extra-template-data={data}",
            f"--custom-file-header={header()}",
        )
        command = ["datamodel_code_generator", *paths, *_OPTIONS, *options]
        imports = [f"{PACKAGE}.{name}" for name in (*_OWN_IMPORTS, *(_STRUCT_IMPORTS if options is _STRUCTS else ()))]
        command.append(f"--additional-imports={','.join([*_IMPORTS, *imports])}")
        result = run_module(*command)
    output = (result.stderr + result.stdout).strip()
    if result.returncode or output:
        # The source line below a warning is indented.
        lines = [line for line in output.splitlines() if not line.startswith(" ")]
        message = lines[-1] if lines else f"exit status {result.returncode}"
        raise GenerationError([Problem(_NAME, "generator-warning", message)])
    names = _exported_names(folder)
    if renamed := schemas.keys() ^ names.keys():
        message = f"a schema has a name that the generated code uses itself; rename it: {', '.join(sorted(renamed))}"
        pointers = [("components", "schemas", name) for name in sorted(schemas.keys() - names.keys())]
        raise GenerationError([Problem(pointer, "generator-rename", message) for pointer in pointers])
    return names


def _exported_names(folder: Path) -> dict[str, str]:
    """Return the public name of each class and type alias in `folder`, with the module that defines it."""
    names: dict[str, str] = {}
    for module in sorted(folder.glob("*.py")):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            match node:
                case (
                    ast.ClassDef(name=name)
                    | ast.AnnAssign(target=ast.Name(id=name))
                    | ast.Assign(targets=[ast.Name(id=name)])
                ):
                    names[name] = module.stem
    return dict(sorted(names.items()))
