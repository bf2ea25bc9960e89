"""Types of the client, read from their source."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

from attrs import frozen

ROOT: Final = Path(__file__).parents[2]
GENERATED: Final = ROOT / "generated/_buildkite_rest"

Kind: TypeAlias = Literal["models", "params"]


@frozen
class Field:
    """A field of a type, or an argument of a method."""

    name: str
    annotation: str
    text: str
    optional: bool


@frozen
class Type:
    """A class or an alias of `buildkite_rest.models` or `buildkite_rest.params`."""

    kind: Kind
    name: str
    text: str
    fields: tuple[Field, ...] = ()
    base: str | None = None
    """Name of the type that this one extends."""
    alias: str | None = None
    """Annotation that an alias is short for."""


@cache
def types() -> dict[tuple[Kind, str], Type]:
    """Return all types by kind and name."""
    found: dict[tuple[Kind, str], Type] = {}
    kinds: tuple[Kind, ...] = ("models", "params")
    for kind in kinds:
        for path in sorted((GENERATED / kind).glob("*.py")):
            if path.stem != "__init__":
                read = type_in(kind, path)
                found[kind, read.name] = read
    return found


def fields_of(a_type: Type) -> tuple[Field, ...]:
    """Return the fields of a type, inherited ones first."""
    inherited = fields_of(types()[a_type.kind, a_type.base]) if a_type.base is not None else ()
    own = {field.name for field in a_type.fields}
    return (*(field for field in inherited if field.name not in own), *a_type.fields)


def type_in(kind: Kind, path: Path) -> Type:
    """Return the type that a module defines."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for index, node in enumerate(body):
        if isinstance(node, ast.ClassDef):
            base = ast.unparse(node.bases[0])
            return Type(
                kind,
                node.name,
                prose((ast.get_docstring(node) or "").partition("\n\nAttributes:")[0]),
                tuple(_fields(node.body)),
                base=None if base in {"DateTimeStruct", "Model", "TypedDict"} else base,
            )
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return Type(kind, ast.unparse(node.target), _text_after(body, index), alias=ast.unparse(node.value))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            return _called(kind, node.value)
    raise AssertionError(f"{path} has no type")


def _called(kind: Kind, call: ast.Call) -> Type:
    """Read a dictionary type that is made by a call, because one of its keys is not a Python identifier."""
    name, members = call.args
    if not isinstance(name, ast.Constant) or not isinstance(members, ast.Dict):
        raise TypeError(f"not a dictionary type: {ast.unparse(call)}")
    fields = [
        Field(str(ast.literal_eval(key)), *_optional(ast.unparse(value)))
        for key, value in zip(members.keys, members.values, strict=True)
        if key is not None
    ]
    return Type(kind, str(name.value), "", tuple(fields))


def _fields(body: list[ast.stmt]) -> Iterator[Field]:
    for index, node in enumerate(body):
        if isinstance(node, ast.If):  # a deprecated field, as type checkers see it
            yield from _fields(node.body)
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            annotation = re.sub(r"^(?:ClassVar|DeprecatedField)\[(.*)\]$", r"\1", ast.unparse(node.annotation))
            annotation, _, optional = _optional(annotation)
            optional = optional or (isinstance(node.value, ast.expr) and not isinstance(node.value, ast.Constant))
            optional = optional or (isinstance(node.value, ast.Constant) and node.value.value is None)
            yield Field(ast.unparse(node.target), annotation, _text_after(body, index), optional)


def _optional(annotation: str) -> tuple[str, str, bool]:
    required = re.sub(r"^NotRequired\[(.*)\]$", r"\1", annotation)
    return required, "", required != annotation


def _text_after(body: list[ast.stmt], index: int) -> str:
    following = body[index + 1] if index + 1 < len(body) else None
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        return prose(inspect.cleandoc(str(following.value.value)))
    return ""


def prose(text: str) -> str:
    """Return a text as one paragraph."""
    return " ".join(text.split())
