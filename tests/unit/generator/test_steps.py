"""The steps: problems of tools, and interruptions."""

import os
import signal

import pytest
from generator import steps
from generator.errors import GenerationError
from generator.package import _format
from tests.unit.generator.spec_fixture import SPEC


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
