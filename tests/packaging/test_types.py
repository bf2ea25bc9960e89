"""Types of the installed package: both packages have `py.typed`."""

import shutil
import sys
from pathlib import Path

import pytest
from tests.packaging.environments import make_environment, run
from tests.packaging.project import ROOT

pytestmark = pytest.mark.installs


@pytest.fixture(scope="module")
def environment(distributions, tmp_path_factory):
    return make_environment(tmp_path_factory.mktemp("types"), f"{distributions.wheel}[mock]", "httpx2", "pytest")


def mypy(environment, program: Path):
    options = ["--strict", "--config-file=", "--cache-dir", environment.folder / "cache"]
    return run(
        [sys.executable, "-m", "mypy", *options, "--python-executable", environment.python, program], program.parent
    )


def test_the_program_of_a_user_is_checked(environment, tmp_path):
    done = mypy(environment, Path(shutil.copy(ROOT / "tests" / "typing" / "user.py", tmp_path)))
    assert done.stdout == "Success: no issues found in 1 source file\n"
