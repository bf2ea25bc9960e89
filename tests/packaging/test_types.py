"""Types of the installed package: both packages have `py.typed`."""

import shutil
import sys
from pathlib import Path

import pytest
from tests.packaging.environments import make_environment, run
from tests.packaging.project import ROOT

pytestmark = pytest.mark.installs


def test_the_program_of_a_user_is_checked(distributions, tmp_path):
    environment = make_environment(tmp_path / "types", f"{distributions.wheel}[mock]", "httpx2", "pytest")
    program = Path(shutil.copy(ROOT / "tests" / "typing" / "user.py", tmp_path))
    options = ["--strict", "--config-file=", "--python-executable", environment.python]
    done = run([sys.executable, "-m", "mypy", *options, program], tmp_path)
    assert done.stdout == "Success: no issues found in 1 source file\n"
