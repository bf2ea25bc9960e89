"""No regular expression that can backtrack reads what somebody else has sent."""

import ast
import re
from pathlib import Path

import pytest
from tests.unit.backtracking import superlinear

from buildkite_rest._base.safe_text import _percent_encoded

ROOT = Path(__file__).parents[2]
TEXT = ROOT / "generator" / "runtime" / "text.py"
MODULES = sorted([*(ROOT / "overrides").rglob("*.py"), *(ROOT / "examples").rglob("*.py"), TEXT])
MODES = {"match": "match", "fullmatch": "fullmatch"}
FUNCTIONS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
#: Modules whose patterns or texts are not those of somebody else, and where they come from.
OWN = {
    "_cli/spec.py": "reads the spec",
    "mock/server/docs_page.py": "reads the spec",
    "conformance/rules/states.py": "the spec has the patterns",
    "conformance/invalid_bodies.py": "the spec has the patterns",
    "conformance/local_references.py": "the spec has the patterns",
    "conformance/selections.py": "the spec has the patterns",
    "conformance/names.py": "the spec has the patterns, or they are literal",
    "examples/search_annotations.py": "the user passes the pattern",
}
#: Modules with a pattern that is not a literal, and the test of it.
BUILT = {"_base/safe_text.py": "test_the_pattern_of_a_percent_encoded_token_takes_linear_time"}


def _pattern(node):
    """Return the pattern in a call, with `x` for what is formatted into it."""
    if isinstance(node, ast.Constant):
        return node.value
    assert isinstance(node, ast.JoinedStr), f"the pattern in line {node.lineno} is not a literal"
    return "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)


def _flags(call):
    flags = [argument for argument in call.args[1:] if "re." in ast.unparse(argument)]
    flags += [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    return int(eval(ast.unparse(flags[0]), {"re": re})) if flags else 0


def _uses(tree, name):
    """Return the methods that are called of the pattern `name`; both kinds where it is passed on."""
    methods = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute)
        if name in (getattr(node.value, "id", None), getattr(node.value, "attr", None))
    }
    return methods & FUNCTIONS or {"search", "fullmatch"}


def patterns_of(path):
    """Yield each pattern in a module, its flags, and how it is used."""
    text = path.read_text()
    if "re." not in text:
        return
    tree = ast.parse(text)
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names[node.value] = getattr(target, "id", None) or getattr(target, "attr", "")
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) == "re" and function.attr in FUNCTIONS:
            uses = _uses(tree, names.get(node)) if function.attr == "compile" else {function.attr}
            if any(str(path).endswith(name) for name in BUILT) and isinstance(node.args[0], ast.Call):
                continue
            for mode in sorted({MODES.get(use, "search") for use in uses}):
                yield _pattern(node.args[0]), _flags(node), mode


@pytest.fixture(scope="module")
def patterns():
    return {
        f"{path.relative_to(ROOT)}:{found[0]}:{found[2]}": found
        for path in MODULES
        if not any(str(path).endswith(name) for name in OWN)
        for found in patterns_of(path)
    }


def test_regular_expressions_take_linear_time(patterns):
    assert [name for name, found in patterns.items() if superlinear(*found)] == []


def test_the_pattern_of_a_percent_encoded_token_takes_linear_time():
    assert not superlinear(_percent_encoded(b"bkua_0aZ-aaaa").pattern, 0, "search")


def test_all_modules_with_regular_expressions_are_read(patterns):
    assert len(patterns) > 40


def test_nothing_is_imported_from_re():
    importing = [path for path in MODULES if "from re import" in path.read_text()]
    assert importing == []


@pytest.mark.parametrize(
    ("pattern", "mode"),
    [
        (r"<title[^>]*>\s*([^<]{1,100}?)\s*</title>", "search"),
        ("(a+)+b", "match"),
        ("(a|aa)*b", "match"),
        ("(a*)*b", "match"),
        ("(a|ab|b)*c", "match"),
        ("a*a*", "fullmatch"),
        (r"\s*x?\s*$", "match"),
        (r"\s+$", "search"),
        (r"\{[^}]*\}", "search"),
        (r"\b\w+;", "search"),
        ("a.*b.*c", "match"),
    ],
)
def test_a_pattern_that_backtracks_is_found(pattern, mode):
    assert superlinear(pattern, 0, mode)


@pytest.mark.parametrize(
    ("pattern", "mode"),
    [
        ("[0-9]+", "search"),
        (r"\{[^{}]*\}", "search"),
        ("(ab)*c", "match"),
        ('"(?:[^"\\\\]|\\\\.)*"', "match"),
        ("[^/]+/[^/]+", "fullmatch"),
        ("a*", "search"),
        ("a{3}", "fullmatch"),
    ],
)
def test_a_pattern_that_does_not_backtrack_is_not_found(pattern, mode):
    assert not superlinear(pattern, 0, mode)
