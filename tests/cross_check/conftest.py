"""The mock server for generated clients, as in `tests/peers`."""

import sys
from pathlib import Path

from tests.peers.conftest import mock, pytest_addoption, server, started

#: Folder of the clients that `make test PART=cross-check` generates.
TOOLS = Path(__file__).parents[2] / ".tools" / "cross-check"
sys.path.append(str(TOOLS / "python"))

__all__ = ["TOOLS", "mock", "pytest_addoption", "server", "started"]
