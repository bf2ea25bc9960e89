"""What Hypothesis generates does not depend on the machine, and what the runner knows already is not computed."""

import gzip
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from buildkite_rest.conformance.phases.hypothesis_data import without_local_constants, write_encodable_characters

PROGRAM = "from hypothesis.strategies import characters; characters(codec='utf-8').validate()"


def files(folder: Path) -> list[Path]:
    return [*folder.rglob("codec-*")]


def tables(folder: Path) -> dict[str, object]:
    return {str(path.relative_to(folder)): json.loads(gzip.decompress(path.read_bytes())) for path in files(folder)}


def test_the_characters_are_those_that_hypothesis_finds(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    write_encodable_characters(ours)
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(theirs)}
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, check=True)
    if files(theirs)[0].name != files(ours)[0].name:
        pytest.skip("an older Hypothesis has another file")

    assert tables(ours) == tables(theirs)


@settings(database=None, max_examples=200, phases=(Phase.generate,), deadline=None)
@given(st.text())
def draw_texts(_: str) -> None:
    pass


def test_no_module_is_searched_for_constants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = pytest.importorskip("hypothesis.internal.constants_ast").constants_from_module
    (tmp_path / "local_module.py").write_text("WORD = 'a constant'")
    monkeypatch.syspath_prepend(tmp_path)
    import_module("local_module")
    before = search.cache_info().misses

    with without_local_constants():
        draw_texts()

    assert search.cache_info().misses == before
    draw_texts()
    assert search.cache_info().misses > before
