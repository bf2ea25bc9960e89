"""The generated package: data types, runtime modules, and the modules that are rendered from templates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import docstrings, profile
from .bundle import dump, published
from .header import HEADER, header
from .methods import Resource, read_resources
from .models import write_models, write_params

_ROOT = Path(__file__).parent
_MODELS = "Types that responses are decoded into, a class or type alias for each schema."
_PARAMS = "Types of request bodies and parameters, a `TypedDict` or type alias for each schema."


def write_package(document: dict[str, Any], out: Path) -> Path:
    """Write the whole package for `document` below `out`, and return its folder."""
    package = out / profile.PACKAGE
    package.mkdir(parents=True)
    resources = read_resources(document)
    env = _environment()
    for folder, summary, write in (("models", _MODELS, write_models), ("params", _PARAMS, write_params)):
        names = write(document, package / folder)
        _render(env, "lazy_init.py.jinja", package / folder / "__init__.py", summary=summary, names=names)
    _render(env, "package_init.py.jinja", package / "__init__.py", spec_version=document["info"]["version"])
    _copy_runtime("types.py", package)
    _copy_runtime("ports.py", package)
    for folder in ("operations", "resources"):
        _render(env, f"{folder}_init.py.jinja", package / folder / "__init__.py", resources=resources)
    for resource in resources:
        _render(env, "operations.py.jinja", package / f"operations/{resource.tag}.py", resource=resource)
        _render(env, "resource.py.jinja", package / f"resources/{resource.tag}.py", resource=resource)
    if of_organizations := [resource for resource in resources if resource.organization_methods]:
        _write_organization(env, package, of_organizations)
    (package / "openapi.yaml").write_text(f"{HEADER}\n{dump(published(document))}", encoding="utf-8")
    (package / "py.typed").write_text(f"{HEADER}\n", encoding="utf-8")
    return package


def _write_organization(env: Environment, package: Path, resources: Sequence[Resource]) -> None:
    """Write the resources once more, for one organization that is not an argument of each call."""
    _copy_runtime("organization/bound.py", package)
    _render(env, "organization_init.py.jinja", package / "organization/__init__.py", resources=resources)
    for resource in resources:
        _render(env, "organization.py.jinja", package / f"organization/{resource.tag}.py", resource=resource)


def _environment() -> Environment:
    env = Environment(  # noqa: S701 - the output is Python, not HTML
        loader=FileSystemLoader(_ROOT / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.globals.update(header=HEADER, profile=profile)
    env.filters.update(
        item=docstrings.item,
        paragraphs=docstrings.paragraphs,
        raised=docstrings.raised,
        returned=docstrings.returned,
        tuple_literal=lambda values: repr(tuple(values)),
    )
    return env


def _render(env: Environment, template: str, path: Path, **context: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(env.get_template(template).render(**context), encoding="utf-8")


def _copy_runtime(module: str, package: Path) -> None:
    """Copy a module of `generator/runtime/` to the same path of `package`, below a header that names its source."""
    target = package / module
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (_ROOT / "runtime" / module).read_text(encoding="utf-8")
    target.write_text(f"{header(f'generator/runtime/{module}')}\n{text}", encoding="utf-8")
