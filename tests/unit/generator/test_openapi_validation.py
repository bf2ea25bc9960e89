"""Validation by openapi-spec-validator in a process of its own, and what a run reports of it."""

import signal
import subprocess

import pytest
from generator import openapi_validation, steps
from generator.errors import GenerationError, Problem
from generator.openapi_validation import errors, validating
from generator.processes import start_python
from generator.steps import generate, load

DIALECT = "Unknown JSON Schema dialect: 'https://schemas.example/unknown'"


@pytest.fixture
def invalid_spec(edited):
    """A spec with one violation of OpenAPI, and none of a house rule."""
    line = "openapi: 3.1.1"
    return edited(("openapi.yaml", line, f"{line}\njsonSchemaDialect: https://schemas.example/unknown"))


def invalid():
    """Return a document with one violation of OpenAPI, and none of a house rule."""
    return {"openapi": "3.1.0", "info": {"title": "Robots"}, "paths": {}}


def test_a_process_finds_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with validating(invalid()) as wait:
        found = wait()
    [(pointer, message)] = found
    assert pointer == ("info",)
    assert message.startswith('"version" is a required property')
    assert found == errors(invalid())


def test_the_document_is_that_of_the_start():
    document = invalid()
    with validating(document) as wait:
        document["info"]["version"] = "1"
        assert len(wait()) == 1


def test_the_process_ends_with_the_block(monkeypatch):
    def start(*arguments, **options):
        started.append(start_python(*arguments, **options))
        return started[0]

    started = []
    monkeypatch.setattr(openapi_validation, "start_python", start)
    with pytest.raises(ZeroDivisionError), validating(invalid()):
        raise ZeroDivisionError
    assert started[0].returncode == -signal.SIGKILL


def test_a_process_that_fails_is_no_valid_document(monkeypatch):
    monkeypatch.setattr(
        openapi_validation, "start_python", lambda *_, **options: start_python("-c", "1 / 0", **options)
    )
    with validating(invalid()) as wait, pytest.raises(subprocess.CalledProcessError):
        wait()


def test_an_invalid_document_is_not_loaded(invalid_spec):
    with pytest.raises(GenerationError) as raised:
        load(invalid_spec)
    assert [(problem.rule, problem.message) for problem in raised.value.problems] == [("openapi", DIALECT)]


@pytest.mark.parametrize("fails", [True, False])
def test_an_invalid_document_is_reported_instead_of_the_package(fails, invalid_spec, tmp_path, monkeypatch):
    def write_package(*_):
        if fails:
            raise GenerationError([Problem("robots/ports.py", "import", "the generated module fails")])

    monkeypatch.setattr(steps, "write_package", write_package)
    monkeypatch.setattr(steps, "check_imports", lambda *_: None)
    with pytest.raises(GenerationError) as raised:
        generate(invalid_spec, tmp_path / "out")
    assert [problem.message for problem in raised.value.problems] == [DIALECT]
    assert not (tmp_path / "out").exists()
