"""A parser of command lines that reports an invalid one in a line, without the usage."""

from __future__ import annotations

import argparse
from typing import NoReturn

from ._standard_streams import report


class Parser(argparse.ArgumentParser):
    """Parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Report an error and exit with 2."""
        report(f"{self.prog}: {message}")
        self.exit(2)
