"""Programs that the generator runs."""

import os

from generator.processes import run_module, run_python


def test_a_program_has_a_group_of_its_own():
    # Ctrl-C in a terminal reaches all processes of a group.
    done = run_python("-c", "import os; print(os.getpgrp())")
    assert int(done.stdout) != os.getpgrp()


def test_a_module_runs_without_garbage_collection(tmp_path, monkeypatch):
    (tmp_path / "shown.py").write_text("import gc, sys\nprint(__name__, sys.argv[1:], gc.isenabled())")
    monkeypatch.chdir(tmp_path)
    assert run_module("shown", "--input=a b").stdout == "__main__ ['--input=a b'] False\n"
