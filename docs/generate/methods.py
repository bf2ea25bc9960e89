"""Methods of the client, read from their source."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from buildkite_rest import AsyncBuildkite, Buildkite

from .code import GENERATED, Field, prose

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@frozen
class Method:
    """A method of a resource, of the blocking client."""

    name: str
    signature: str
    """From `def` to the colon, as in the source, without `self`."""
    summary: str
    wire: str
    """The request line, and the rest of its sentence."""
    text: str
    fields: tuple[Field, ...]
    returns: str
    raises: str
    source: str | None
    operation: str | None
    """Name of the record in `_buildkite_rest.operations`, None for a handwritten method."""


@cache
def methods(tag: str) -> tuple[Method, ...]:
    """Return the methods of the resource `tag`, generated ones first."""
    source = (GENERATED / f"resources/{tag}.py").read_text(encoding="utf-8")
    found = {method.name: method for method in methods_in(source)}
    for path, name in _handwritten(tag):
        tree, text = _parsed(path)
        node = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
        found |= {function.name: _method(function, text) for function in _functions(node)}
    return tuple(found.values())


def methods_in(source: str) -> list[Method]:
    """Return the methods of the module of a resource."""
    return [_method(node, source) for node in _functions(_resource(ast.parse(source)))]


def _handwritten(tag: str) -> Iterator[tuple[Path, str]]:
    """Yield the file and the name of each handwritten class of a resource.

    Blocking methods are made from asynchronous ones, except for those that a blocking class defines.
    """
    for client in _clients():
        for each in type(getattr(client, tag)).__mro__:
            if each.__module__.startswith("buildkite_rest."):
                yield Path(inspect.getfile(each)), each.__name__


@cache
def _clients() -> tuple[AsyncBuildkite, Buildkite]:
    """Return clients that send nothing. Each one would load the certificates again."""
    return AsyncBuildkite("token"), Buildkite("token")


def resource_text(tag: str) -> str:
    """Return the docstring of a resource."""
    tree, _ = _parsed(GENERATED / f"resources/{tag}.py")
    return ast.get_docstring(_resource(tree)) or ""


def _parsed(path: Path) -> tuple[ast.Module, str]:
    text = path.read_text(encoding="utf-8")
    return ast.parse(text), text


def _resource(tree: ast.Module) -> ast.ClassDef:
    """Return the class of the blocking client, which is the first."""
    return next(node for node in tree.body if isinstance(node, ast.ClassDef))


def _functions(node: ast.stmt) -> Iterator[_Function]:
    for part in getattr(node, "body", ()):
        if isinstance(part, _Function) and not part.name.startswith("_") and not _is_former(part):
            yield part


def _is_former(node: _Function) -> bool:
    """Whether a function is an overload with former names, or has a former name itself."""
    decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
    return "overload" in decorators or "Former name of `" in (ast.get_docstring(node) or "")


def _method(node: _Function, source: str) -> Method:
    lines = source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
    lines = [re.sub(r"async (?=def )|(?<=> )Async(?=Generator)|  # noqa: .*", "", line) for line in lines]
    signature = re.sub(r"\(\s*self(?:,\s*|(?=\)))", "(\n        " if lines[0].endswith("(") else "(", "\n".join(lines))
    sections = _sections(ast.get_docstring(node) or "")
    described = dict(_arguments(sections.get("Args", "")))
    arguments = node.args
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [
        *zip(arguments.args, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    operation = re.search(r"operations\.([A-Z][A-Z0-9_]*)", "\n".join(map(ast.unparse, node.body[1:])))
    return Method(
        name=node.name,
        signature="\n".join(line.removeprefix("    ") for line in signature.splitlines()),
        summary=sections["summary"],
        wire=sections.get("wire", ""),
        text=sections.get("text", ""),
        fields=tuple(
            Field(
                argument.arg,
                _annotation(argument, default),
                described.get(argument.arg, ""),
                default is not None,
            )
            for argument, default in pairs
            if argument.arg != "self"
        ),
        returns=ast.unparse(node.returns).removeprefix("Async") if node.returns is not None else "None",
        raises=prose(sections.get("Raises", "")),
        source=sections.get("Source"),
        operation=None if operation is None else operation[1],
    )


def _annotation(argument: ast.arg, default: ast.expr | None) -> str:
    """Return the type of an argument, without `| None` if that is the default."""
    annotation = ast.unparse(argument.annotation) if argument.annotation is not None else ""
    is_none = isinstance(default, ast.Constant) and default.value is None
    return annotation.removesuffix(" | None") if is_none else annotation


_SECTION: Final = re.compile(r"^(Scopes|Args|Returns|Raises|Source):", re.MULTILINE)


def _sections(docstring: str) -> dict[str, str]:
    """Split a docstring into summary, request line, text and named sections."""
    first = _SECTION.search(docstring)
    head, rest = (docstring, "") if first is None else (docstring[: first.start()], docstring[first.start() :])
    summary, *paragraphs = [part for part in head.strip().split("\n\n") if part]
    found = {"summary": prose(summary)}
    if paragraphs and paragraphs[0].startswith("`"):
        found["wire"] = prose(paragraphs.pop(0))
    found["text"] = "\n\n".join(paragraphs)
    parts = _SECTION.split(rest)[1:]
    found |= {name: inspect.cleandoc(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return found


def _arguments(section: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"\n(?=\S)", section):
        name, _, text = entry.partition(":")
        yield name.strip(), prose(text)
