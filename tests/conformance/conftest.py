"""Names of tests that are the same in each process, as pytest-xdist needs them."""

import re

from buildkite_rest.conformance.names import RUN_ID


def pytest_make_parametrize_id(val: object) -> str | None:
    """Return the id of a value with the random id of this process."""
    text = str(val) if isinstance(val, str | bytes) else ""
    return re.sub(RUN_ID, "run", text, flags=re.IGNORECASE) if RUN_ID in text.lower() else None
