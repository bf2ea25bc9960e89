"""Docstrings of hand-written code name the arguments that there are, and no others."""

import ast
import re
from pathlib import Path

import pytest
from tests.each import check_each

import buildkite_rest

ROOT = Path(buildkite_rest.__file__).parent
SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Source):$", re.MULTILINE)
ARGUMENT = re.compile(r"^    \*{0,2}(\w+): ", re.MULTILINE)
QUOTED = re.compile(r"`([a-z_]\w*)` (?:is|are|has|must|names)\b")
"""What a docstring says of an argument, such as "`timeout` is negative"."""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def section(docstring, name):
    """Return the text of one section of a docstring."""
    parts = SECTION.split(docstring)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(name, "")


def constructors(node):
    """Return the constructor of a class, or of a base class in its module, in a list that may be empty."""
    own = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
    bases = [node.classes.get(ast.unparse(base).partition("[")[0]) for base in node.bases]
    return own or [found for base in bases if base is not None for found in constructors(base)]


def parameters(node):
    """Return the parameters of a function, or of the constructor of a class."""
    if isinstance(node, ast.ClassDef):
        made = constructors(node)
        if not made:  # attrs makes one of the fields, without the underscores before them.
            fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
            return {
                field.target.id.lstrip("_")
                for field in fields
                if not re.search("init=False|ClassVar", ast.unparse(field))
            }
        node = made[0]
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {each.arg for each in every if each is not None} - {"self", "cls"}


def documented():
    """Yield every definition that has a docstring, of modules that document arguments or errors."""
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text))) if "Args:" in text or "Raises:" in text else []
        classes = {each.name: each for each in nodes if isinstance(each, ast.ClassDef)}
        for node in nodes:
            node.classes = classes
            if isinstance(node, DEFINITIONS) and (docstring := ast.get_docstring(node)):
                yield f"{path.relative_to(ROOT)}:{node.name}", node, docstring


@pytest.fixture(scope="module")
def definitions():
    return list(documented())


@pytest.fixture(scope="module")
def with_arguments(definitions):
    return [entry for entry in definitions if "Args:" in entry[2]]


@pytest.fixture(scope="module")
def with_errors(definitions):
    return [entry for entry in definitions if "Raises:" in entry[2] and not isinstance(entry[1], ast.ClassDef)]


def test_there_are_docstrings_to_compare(with_arguments, with_errors):
    assert len(with_arguments) > 20
    assert len(with_errors) > 40


def test_documented_arguments_are_those_of_the_signature(with_arguments):
    check_each(by_name(with_arguments), check_arguments)


def check_arguments(node, docstring):
    assert set(ARGUMENT.findall(section(docstring, "Args"))) == parameters(node)


def test_documented_errors_name_arguments_of_the_signature(with_errors):
    check_each(by_name(with_errors), check_errors)


def check_errors(node, docstring):
    assert set(QUOTED.findall(section(docstring, "Raises"))) <= parameters(node)


def by_name(entries):
    return {f"{name}-{node.lineno}": (node, docstring) for name, node, docstring in entries}
