"""The package as a whole: steps and programs that write it, and names of the spec in its modules."""

import ast
import json
import os
import signal
import threading

import pytest
from generator import package, steps
from generator.buildkite import PACKAGE
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.package import _format
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, SPEC

WAIT = 0.2
"""Seconds in which the main thread begins to wait, or would continue without waiting."""


def test_an_interruption_waits_for_the_threads(tmp_path, monkeypatch):
    all_else_is_written, is_finished = threading.Event(), threading.Event()

    def write(*_):
        all_else_is_written.wait()
        threading.Event().wait(WAIT)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Event().wait(WAIT)
        is_finished.set()
        return {}

    monkeypatch.setattr(package, "_TYPES", [("models", "Types.", write)])
    monkeypatch.setattr(package, "write_derived", lambda *_: all_else_is_written.set())
    bundle = read_bundle(SPEC)
    with pytest.raises(KeyboardInterrupt):
        package.write_package(bundle.document, {}, tmp_path / "out")
    assert is_finished.is_set()


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb"])
def test_a_name_of_a_parameter_is_escaped(name, edited, tmp_path):
    old = "        - {name: state, in: query"
    new = f"        - {{name: {json.dumps(name)}, in: query, description: N., schema: {{type: string}}}}\n{old}"
    package.write_package(read_bundle(edited((ROBOTS, old, new))).document, {}, tmp_path / "out")
    for folder in ("operations", "resources"):
        module = tmp_path / "out" / PACKAGE / folder / "robots.py"
        nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        assert name in [node.value for node in nodes if isinstance(node, ast.Constant)]


@pytest.mark.parametrize(
    "version",
    [r"""1.2.'"\3""", *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ('1.2."3', r"1.2.\3", "1.2.'3"))],
)
def test_a_version_may_have_any_characters(version, edited, tmp_path):
    bundle = read_bundle(edited((ROOT, "version: 1.2.3", f"version: {json.dumps(version)}")))
    package.write_package(bundle.document, {}, tmp_path)
    scope = {}
    exec((tmp_path / "_buildkite_rest/__init__.py").read_text(encoding="utf-8"), scope)
    assert scope["SPEC_VERSION"] == version


def test_an_invalid_module_is_a_problem(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/flyer.py").write_text("x: = 1\n")
    with pytest.raises(GenerationError, match=r"^ruff: models/flyer\.py:1:4: invalid-syntax: .* \[format\]$"):
        _format(tmp_path)


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_no_temporary_folder(interruption, tmp_path, monkeypatch):
    def generate_fresh(_spec, scratch):
        (scratch / "generated").mkdir()
        return scratch / "generated"

    remove = os.rmdir

    def interrupted(*arguments, **keywords):
        signal.raise_signal(interruption)
        remove(*arguments, **keywords)

    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(steps, "_generate_fresh", generate_fresh)
    monkeypatch.setattr(os, "rmdir", interrupted)
    before = signal.signal(interruption, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            steps.generate(SPEC, tmp_path / "out")
        with pytest.raises(KeyboardInterrupt):
            steps.check(SPEC, tmp_path / "out")
    finally:
        signal.signal(interruption, before)
    assert list(temporary.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path != temporary] == ["out"]
