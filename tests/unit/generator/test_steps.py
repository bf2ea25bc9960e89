"""The errors of tools have the line of the spec that the generated module is from."""

import os
import signal

import pytest
from generator import steps
from generator.bundle import read_bundle
from generator.errors import GenerationError, Location, Problem
from generator.package import _format
from generator.steps import located
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, TAPES, line_of


@pytest.mark.parametrize(
    ("module", "file", "at"),
    [
        ("models/flyer.py", ROBOTS, "# Flyer"),
        ("params/meta_data.py", ROBOTS, "    MetaData:"),
        ("resources/tapes.py", TAPES, "# listTapes"),
    ],
)
def test_an_invalid_module_is_a_line_of_the_spec(module, file, at, tmp_path):
    path = tmp_path / "robots" / module
    path.parent.mkdir(parents=True)
    path.write_text("x: = 1\n")
    with pytest.raises(GenerationError) as raised, located(read_bundle(SPEC)):
        _format(tmp_path / "robots")
    [problem] = raised.value.problems
    assert problem.location == Location(SPEC / file, line_of(SPEC / file, at))
    assert problem.message.startswith(f"robots/{module}: ruff: invalid-syntax: ")


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


def test_a_module_of_no_part_of_the_spec_is_named_itself():
    with pytest.raises(GenerationError) as raised, located(read_bundle(SPEC)):
        raise GenerationError([Problem("robots/ports.py", "import", "the generated module fails: E")])
    assert str(raised.value) == "robots/ports.py: the generated module fails: E [import]"
