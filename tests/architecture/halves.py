"""Comparison of the blocking and the asynchronous half of a module.

`async`, `await`, docstrings and types are removed from both, and asynchronous names are replaced by their blocking
counterparts. The halves are then equal, except for the differences in halves.yaml.

python -m tests.architecture.halves  # writes the current differences
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CLIENT = Path(__file__).parents[2] / "overrides/buildkite_rest"
ALLOWED = Path(__file__).with_name("halves.yaml")
_HEAD = """\
# Differences between the blocking and the asynchronous half of the client that are allowed, and why.
# `python -m tests.architecture.halves` writes the lines; the reasons are written by hand.
"""
COUNTERPARTS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "aclose": "close",
    "aclosing": "closing",
    "aiter": "iter",
    "aiter_bytes": "iter_bytes",
    "aiter_raw": "iter_raw",
    "anext": "next",
    "asynccontextmanager": "contextmanager",
    "client_of_loop": "client",
    "default_async_client": "default_client",
    "enter_async_context": "enter_context",
    "handle_async_request": "handle_request",
}


def blocking_name(name: str) -> str:
    """Return the blocking counterpart of a name."""
    name = COUNTERPARTS.get(name, name)
    return re.sub(r"^(_?)(?:Async|async_)(?=\w)", r"\1", name)


class _Blocking(ast.NodeTransformer):
    """Turns asynchronous code into its blocking counterpart, without docstrings and types."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit(ast.FunctionDef(**vars(node)))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name, node.returns, node.body = blocking_name(node.name), None, _without_docstring(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name, node.body = blocking_name(node.name), _without_docstring(node.body)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return self.visit(ast.Assign([node.target], node.value)) if node.value else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(blocking_name(node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return ast.Attribute(node.value, blocking_name(node.attr), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(blocking_name(node.value) if isinstance(node.value, str) else node.value)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        names = sorted(blocking_name(each.name) for each in node.names)
        return ast.ImportFrom(node.module, [ast.alias(name) for name in names], node.level)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.visit(ast.With(node.items, node.body))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.visit(ast.For(node.target, node.iter, node.body, node.orelse))

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and ast.unparse(node.body) == f"yield {node.target.id}":
            return ast.Expr(ast.YieldFrom(node.iter))
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        self.generic_visit(node)
        [loop, *more] = node.generators
        if not more and not loop.ifs and ast.dump(node.elt) == ast.dump(loop.target).replace("Store", "Load"):
            return loop.iter
        loop.is_async = 0
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    is_text = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return (body[1:] if is_text else body) or [ast.Pass()]


def code(node: ast.AST) -> str:
    """Return the blocking counterpart of a definition as code."""
    copy: Any = ast.parse(ast.unparse(node)).body[0]
    return ast.unparse(ast.fix_missing_locations(_Blocking().visit(copy)))


def definitions(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Return the functions and classes of a module or class by name. Of overloads the last counts."""
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def pairs(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each method or function with two halves in a module, and the code of each half."""
    found = definitions(ast.parse(path.read_text(encoding="utf-8")).body)
    for name, asynchronous in found.items():
        blocking = found.get(blocking_name(name))
        if blocking is None or blocking is asynchronous:
            continue
        if not (isinstance(blocking, ast.ClassDef) and isinstance(asynchronous, ast.ClassDef)):
            yield name, code(blocking), code(asynchronous)
            continue
        halves = [
            {blocking_name(method): code(node) for method, node in definitions(half.body).items()}
            for half in (blocking, asynchronous)
        ]
        # A blocking class with a `_half` runs the methods of that one, except for those that it defines.
        is_made = any(ast.unparse(each).startswith("_half") for each in blocking.body)
        for method in halves[0] if is_made else {**halves[0], **halves[1]}:
            yield f"{name}.{method}", halves[0].get(method, ""), halves[1].get(method, "")


def differences() -> dict[str, str]:
    """Return the name of each pair whose halves differ, and the lines that do."""
    return {
        f"{path.relative_to(CLIENT).as_posix()}: {name}": _difference(blocking, asynchronous)
        for path in sorted(CLIENT.rglob("*.py"))
        if path.relative_to(CLIENT).parts[0] not in ("mock", "conformance")
        for name, blocking, asynchronous in pairs(path)
        if blocking != asynchronous
    }


def _difference(blocking: str, asynchronous: str) -> str:
    lines = difflib.unified_diff(blocking.splitlines(), asynchronous.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def allowed() -> dict[str, dict[str, str]]:
    """Return the differences that are allowed: the reason and the lines of each."""
    found: dict[str, dict[str, str]] = yaml.safe_load(ALLOWED.read_text(encoding="utf-8"))
    return found


def write() -> None:
    """Write the current differences, with the reasons that are known."""
    reasons = {name: each["reason"] for name, each in allowed().items()}
    found = {name: {"reason": reasons.get(name, ""), "lines": lines} for name, lines in differences().items()}
    ALLOWED.write_text(_HEAD + yaml.dump(found, Dumper=_Dumper, sort_keys=False, width=120), encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    write()
