"""Fills the templates and writes the generated package."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from .bundle import dump, published
from .header import HEADER, header
from .methods import Call, Resource, parse
from .models import exported_names, write_models, write_params

PACKAGE = "_buildkite_rest"
_RUNTIME = Path(__file__).parent / "runtime"
_WIDTH = 118

_ERROR_NAMES = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
    "503": "ServerError",
}


def render(document: dict[str, Any], out: Path) -> None:
    """Write the whole package `_buildkite_rest` for `document` below `out`."""
    package = out / PACKAGE
    package.mkdir(parents=True)
    project, resources = parse(document)
    env = _environment(project.env)
    write_models(document, package / "models")
    write_params(document, package / "params")
    _write(env, "package_init.py.jinja", package / "__init__.py", spec_version=document["info"]["version"])
    for module in ("types.py", "ports.py"):
        _copy_runtime(module, package)
    for name, description in (
        ("models", "What responses are decoded into, a class or type alias per schema."),
        ("params", "What requests are made of, a dictionary type or type alias per schema."),
    ):
        names = exported_names(package / name)
        _write(env, "lazy_init.py.jinja", package / name / "__init__.py", description=description, names=names)
    _write(env, "operations_init.py.jinja", package / "operations/__init__.py", resources=resources)
    _write(env, "resources_init.py.jinja", package / "resources/__init__.py", resources=resources)
    for resource in resources:
        _write(env, "operations.py.jinja", package / f"operations/{resource.tag}.py", resource=resource)
        _write(env, "resource.py.jinja", package / f"resources/{resource.tag}.py", resource=resource)
    if of_organizations := [resource for resource in resources if resource.organization_calls]:
        _write_organization(env, package / "organization", of_organizations)
    (package / "openapi.yaml").write_text(f"{HEADER}\n{dump(published(document))}", encoding="utf-8")
    (package / "py.typed").write_text(f"{HEADER}\n", encoding="utf-8")


def _write_organization(env: Environment, package: Path, resources: Sequence[Resource]) -> None:
    """Write the resources once more, for one organization that need not be named at each call."""
    _copy_runtime("organization/bound.py", package.parent)
    _write(env, "organization_init.py.jinja", package / "__init__.py", resources=resources)
    for resource in resources:
        _write(env, "organization.py.jinja", package / f"{resource.tag}.py", resource=resource)


def _environment(env: Environment) -> Environment:
    env.undefined = StrictUndefined
    env.globals["header"] = HEADER
    env.filters |= {
        "all_literal": lambda names: "[" + ", ".join(f'"{name}"' for name in names) + "]",
        "caller_type": _caller_type,
        "item": _item,
        "paragraphs": _paragraphs,
        "raised": _raised,
        "returned": _returned,
        "tuple_literal": _tuple_literal,
    }
    return env


def _write(env: Environment, template: str, path: Path, **context: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(env.get_template(template).render(**context), encoding="utf-8")


def _copy_runtime(module: str, package: Path) -> None:
    """Copy a module of `generator/runtime/` to the same path of `package`, below a header that names its source."""
    target = package / module
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (_RUNTIME / module).read_text(encoding="utf-8")
    target.write_text(f"{header(f'generator/runtime/{module}')}\n{text}", encoding="utf-8")


def _caller_type(call: Call) -> str:
    """Return what a caller gets; for a list, one item of it."""
    if call.returns == "json":
        return call.item if call.pagination != "none" else call.result
    return {"nothing": "None", "headers": "Mapping[str, str]", "text": "str", "stream": "ByteStream"}[call.returns]


def _returned(call: Call) -> str:
    if call.pagination != "none":
        return f"A pager over `{call.item}` that fetches pages while it is read."
    match call.returns:
        case "json":
            return f"`{call.result}`."
        case "nothing":
            return "Nothing."
        case "headers":
            return "The headers of the response."
        case "text":
            return "The body as text."
        case "stream":
            return "A context manager that gives the body as a stream of bytes."


def _raised(call: Call) -> str:
    names = [f"`{_ERROR_NAMES.get(status, 'APIStatusError')}` ({status})" for status in call.error_statuses]
    return ", ".join([*names, "`ServerError` (5xx)", "`APIConnectionError`, `APITimeoutError`."])


def _tuple_literal(values: Sequence[object]) -> str:
    return repr(tuple(values))


def _paragraphs(text: str, indent: int) -> str:
    """Wrap each paragraph of `text`, but keep lists as they are written."""
    blocks = text.strip().replace("\\", "\\\\").split("\n\n")
    margin = " " * indent
    wrapped = (
        textwrap.indent(block, margin)
        if block.lstrip().startswith(("- ", "* ", "|", "1. "))
        else textwrap.fill(
            " ".join(block.split()),
            _WIDTH,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for block in blocks
    )
    return "\n\n".join(wrapped)


def _item(text: str, indent: int) -> str:
    """Wrap an entry of a docstring section; further lines hang."""
    return textwrap.fill(
        " ".join(text.replace("\\", "\\\\").split()),
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
