"""Checks of every name in one test, where a test for each would cost more than the check."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest


def check_each(cases: Mapping[str, tuple[Any, ...]], check: Callable[..., None]) -> None:
    """Call `check` with the arguments of each case, and name all cases that fail."""
    assert cases
    failures = []
    for name, arguments in cases.items():
        try:
            check(*arguments)
        except (Exception, pytest.fail.Exception) as error:  # the latter if `pytest.raises` catches nothing
            failures.append(f"{name}: {type(error).__name__}: {error}")
    assert not failures, "\n".join(failures)
