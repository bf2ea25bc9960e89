"""The generated package: data types, runtime modules, and modules that are rendered from templates; then formatted."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import docstrings
from .buildkite import PACKAGE, header
from .bundle import without_own_keys
from .datamodel_code_generator import write_models, write_params
from .derived import DOCUMENT, dump, write_derived
from .errors import GenerationError, Problem
from .methods import read_resources
from .methods.model import Resource
from .processes import run_python

_ROOT = Path(__file__).parent
RUNTIME = (
    "bound.py",
    "cached_property.py",
    "deprecation.py",
    "model.py",
    "ports.py",
    "public_names.py",
    "text.py",
    "types.py",
)
_MODELS = "Types that responses are decoded into, a class or type alias for each schema."
_PARAMS = "Types of the arguments of methods, a `TypedDict` or type alias for each schema that they need."
_TYPES = (("models", _MODELS, write_models), ("params", _PARAMS, write_params))


def write_package(document: dict[str, Any], behaviour: dict[str, Any], out: Path) -> None:
    """Write the whole package for `document` below `out`."""
    package = out / PACKAGE
    package.mkdir(parents=True)
    documented = docstrings.for_python(document)
    env = _environment()
    deprecated = [name for name, schema in document["components"]["schemas"].items() if schema.get("deprecated")]
    with ThreadPoolExecutor() as pool:
        # datamodel-code-generator runs in processes of its own, which take longer than what is written meanwhile.
        types = [pool.submit(write, documented, package / folder) for folder, _, write in _TYPES]
        resources = read_resources(documented)
        _write_modules(resources, package, env)
        published = without_own_keys(document)
        (package / DOCUMENT).write_text(f"{header()}\n{dump(published)}", encoding="utf-8")
        write_derived(published, behaviour, package)
        # Within the block: Ctrl-C while the pool shuts down would leave threads that write into a removed folder.
        names = [each.result() for each in types]
    for (folder, summary, _), exported in zip(_TYPES, names, strict=True):
        path = package / folder / "__init__.py"
        _render(env, "lazy_init.py.jinja", path, summary=summary, names=exported, deprecated=deprecated)
    _render(env, "package_init.py.jinja", package / "__init__.py", spec_version=document["info"]["version"])
    (package / "py.typed").write_text(f"{header()}\n", encoding="utf-8")
    _format(package)


def _write_modules(resources: list[Resource], package: Path, env: Environment) -> None:
    """Write the modules of the resources, and those that are the same for every spec."""
    bound = [resource for resource in resources if resource.organization_methods]
    folders = {"operations": resources, "resources": resources, **({"organization": bound} if bound else {})}
    for folder, rendered in folders.items():
        _render(env, f"{folder}_init.py.jinja", package / folder / "__init__.py", resources=rendered)
        for resource in rendered:
            _render(env, f"{folder}.py.jinja", package / folder / f"{resource.tag}.py", resource=resource)
    for module in RUNTIME:
        text = (_ROOT / "runtime" / module).read_text(encoding="utf-8")
        first = header(f"generator/runtime/{module}")
        (package / module).write_text(f"{first}\n{text}", encoding="utf-8")


def _environment() -> Environment:
    env = Environment(  # noqa: S701 - the output is Python, not HTML
        loader=FileSystemLoader(_ROOT / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.globals.update(header=header(), notes=docstrings.PARAMETER_NOTES)
    env.filters.update(
        item=docstrings.item,
        paragraphs=docstrings.paragraphs,
        raises_section=docstrings.raises_section,
        tuple_literal=lambda values: repr(tuple(values)),
    )
    return env


def _render(env: Environment, template: str, path: Path, **context: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(env.get_template(template).render(**context), encoding="utf-8")


def _format(package: Path) -> None:
    """Remove unused imports, sort the others and format every module. Only the settings in this function apply."""
    settings = ("--isolated", "--quiet", "--no-cache", "--config=line-length=120", "--config=target-version='py311'")
    # F811: a module may import a name twice. UP037: quoted annotations.
    fixes = ("--fix", "--select=F401,F811,I,UP037", "--unsafe-fixes", "--output-format=concise")
    for command in (("check", *fixes), ("format",)):
        result = run_python("-m", "ruff", *command, *settings, str(package))
        if result.returncode:
            lines = (result.stdout + result.stderr).strip().splitlines() or [f"exit status {result.returncode}"]
            raise GenerationError([Problem("ruff", "format", lines[0].removeprefix(f"{package}/"))])
