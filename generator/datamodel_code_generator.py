"""Adapter for datamodel-code-generator, which writes the data types. It runs as a command, with our templates.

tests/unit/generator/test_datamodel_code_generator.py checks what those templates read of its fields.
"""

import ast
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .buildkite import PACKAGE, header
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
STRUCTS = (
    "--output-model-type=msgspec.Struct",
    "--keyword-only",
    "--use-msgspec-tagged-unions",
    *("--field-extra-keys", "x-secret", "deprecated"),
)
TYPED_DICTS = (
    "--output-model-type=typing.TypedDict",
    # A caller's `dict[str, str]` is not a `dict[str, str | int]`, but it is a `Mapping[str, str | int]`.
    "--use-generic-container-types",
)


def write_types(
    document: dict[str, Any], folder: Path, options: tuple[str, ...], templates: Path = TEMPLATES
) -> dict[str, str]:
    """Write a module to `folder` for each schema of `document`, and return the module of each public name.

    Args:
        document: A document with schemas only.
        folder: The folder of the modules.
        options: `STRUCTS` or `TYPED_DICTS`.
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
        imports = [f"{PACKAGE}.{name}" for name in (*_OWN_IMPORTS, *(_STRUCT_IMPORTS if options is STRUCTS else ()))]
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
