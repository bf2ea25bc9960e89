"""Type checks of programs of users."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.typing import checkers

HERE = Path(__file__).parent
PROGRAMS = ("user.py", "misuse.py")

Check = Callable[[Path], "dict[str, list[str]]"]

# `type: ignore` comments are only for mypy.
pyright = partial(checkers.pyright, enableTypeIgnoreComments=False, reportUnnecessaryTypeIgnoreComment="error")


@pytest.mark.parametrize(
    "check", [checkers.mypy, pytest.param(pyright, marks=pytest.mark.exhaustive)], ids=["mypy", "pyright"]
)
def test_programs_have_only_the_marked_errors(check: Check, tmp_path: Path) -> None:
    for program in PROGRAMS:
        shutil.copy(HERE / program, tmp_path)
    assert check(tmp_path) == {}
