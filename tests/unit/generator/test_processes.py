"""Programs that the generator runs."""

import os

from generator.processes import run_python


def test_a_program_has_a_group_of_its_own():
    # Ctrl-C in a terminal reaches all processes of a group.
    done = run_python("-c", "import os; print(os.getpgrp())")
    assert int(done.stdout) != os.getpgrp()
