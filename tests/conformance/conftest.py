"""Names of tests that are the same in each process, as pytest-xdist needs them."""

import re

import pytest

from buildkite_rest.conformance import cleanup, executor
from buildkite_rest.conformance.names import RUN_ID


def pytest_make_parametrize_id(val: object) -> str | None:
    """Return the id of a value with the random id of this process."""
    text = str(val) if isinstance(val, str | bytes) else ""
    return re.sub(RUN_ID, "run", text, flags=re.IGNORECASE) if RUN_ID in text.lower() else None


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read again at once: the changes of a server in a test are visible when it responds."""

    def sleep(_: float) -> None:
        pass

    for module in (cleanup, executor):
        monkeypatch.setattr(module, "sleep", sleep)
