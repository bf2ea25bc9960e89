"""Python programs that the generator runs: tools, and the import of what it wrote."""

import subprocess
import sys

# The programs are short and create few reference cycles. Searching for them takes up to a quarter of the time.
_MODULE = "import gc, runpy, sys; gc.disable(); del sys.argv[0]; runpy.run_module(sys.argv[0], None, '__main__', True)"


def run_module(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module like `python -m`, but without garbage collection, and return its status and output."""
    return run_python("-c", _MODULE, name, *arguments)


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` and return its status and output.

    The process is in a group of its own. Ctrl-C reaches this process only, which ends the other: some tools exit with 0
    when they are interrupted, although they have written a part of their output.
    """
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, process_group=0)
