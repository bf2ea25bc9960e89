"""Python programs that the generator runs: tools, and the import of what it wrote."""

import subprocess
import sys


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` and return its status and output.

    The process is in a group of its own. Ctrl-C reaches this process only, which ends the other: some tools exit with 0
    when they are interrupted, although they have written a part of their output.
    """
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, process_group=0)
