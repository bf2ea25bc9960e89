"""`python -m docs.generate.committed_pages`: write the generated pages of `docs/` that the repository contains."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

from . import command_line, index


def write() -> None:
    """Write the pages, those of the client while the programs run whose output `command_line` writes."""
    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(command_line.write)
        index.write()
        written.result()


if __name__ == "__main__":
    gc.disable()  # see `generator.processes`
    write()
