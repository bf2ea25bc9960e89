"""Files that options name: no output replaces another one, or anything but a regular file."""

import os
from pathlib import Path

import pytest

from buildkite_rest.conformance.cli import main

URL = ("--base-url", "http://127.0.0.1:9")
LONG = "x" * 300


def test_a_name_that_is_too_long_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*URL, "--token", "bkua_token", "--json", LONG], "conf") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("conf")
    assert output.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no FIFOs")
def test_refuses_to_write_to_a_fifo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "fifo")
    path = f"{tmp_path}/fifo"
    assert main([*URL, "--token", "x", "--json", path], "conf") == 2
    assert capsys.readouterr().err.startswith(f"conf: --json '{path}': not a regular file. ")
