"""Descriptions become docstrings with the same text."""

import ast
from types import SimpleNamespace

import pytest
from generator.bundle import read_bundle
from generator.docstrings import item, paragraphs, raises_section
from generator.package import write_package
from tests.unit.generator.spec_fixture import ROBOTS


def _value(docstring):
    return ast.literal_eval(f'"""{docstring}"""')


@pytest.mark.parametrize("text", [r"Ends at \d or C:\new.", r"\\", "a `\\n` in a word"])
def test_backslashes_survive(text):
    assert _value(paragraphs(text, 0)) == text
    assert _value(item(text, 0)) == text


def test_paragraphs_are_wrapped_and_lists_are_not():
    text = "One\ntwo.\n\n- a\n- b\n\n| a | b |\n\n1. c\n\n* d"
    assert paragraphs(text, 2) == "  One two.\n\n  - a\n  - b\n\n  | a | b |\n\n  1. c\n\n  * d"


def test_long_words_are_not_broken():
    url = f"https://buildkite.com/docs/{'long-' * 30}word"
    assert paragraphs(f"See {url} for more.", 8).splitlines() == [
        "        See",
        f"        {url}",
        "        for more.",
    ]


def test_an_item_has_a_hanging_indent():
    assert [len(line) - len(line.lstrip()) for line in item("word " * 50, 12).splitlines()] == [12, 16, 16]


def test_a_description_becomes_a_docstring(edited, tmp_path):
    spec = edited((ROBOTS, "description: Returns one robot.", r"description: 'Matches `\d`, and says \"beep\".'"))
    write_package(read_bundle(spec).document, {}, tmp_path / "out")
    module = ast.parse((tmp_path / "out/_buildkite_rest/resources/robots.py").read_text(encoding="utf-8"))
    methods = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    assert r"Matches `\d`, and says \"beep\"." in ast.get_docstring(methods["get"])


def test_docstrings_name_the_methods_of_operations(edited, tmp_path):
    text = "Not `getCrew` but `getRobot`, not getRobot or `getRobot()`."
    edits = [
        (ROBOTS, f"description: {old}", f"description: {text}") for old in ("Returns one robot.", "A robot that walks.")
    ]
    write_package(read_bundle(edited(*edits)).document, {}, tmp_path / "out")
    package = tmp_path / "out/_buildkite_rest"
    expected = "Not `getCrew` but `robots.get`, not getRobot or `getRobot()`."
    for module in ("resources/robots.py", "models/walker.py"):
        assert expected in (package / module).read_text(encoding="utf-8")
    for document in ("openapi.yaml", "openapi.json"):
        assert text in (package / document).read_text(encoding="utf-8")


def test_the_errors_of_clients_are_listed():
    responses = {"200": {}, "404": {}, "409": {}, "418": {}, "503": {}}
    method = SimpleNamespace(operation=SimpleNamespace(node={"responses": responses}))
    assert raises_section(method) == "`NotFoundError` (404), `ConflictError` (409), `APIStatusError` (418)"
