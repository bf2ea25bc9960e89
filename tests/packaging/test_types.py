"""Types of the installed package: both packages have `py.typed`."""

import shutil
import sys
from pathlib import Path

import pytest
from tests.packaging.environments import make_environment, run
from tests.packaging.project import ROOT

pytestmark = pytest.mark.installs
PROGRAM = """\
from typing import assert_type

from buildkite_rest import Buildkite, Pager
from buildkite_rest.models import Build

bk = Buildkite("a-token")
assert_type(bk.builds.list("acme", "web"), Pager[Build])
bk.builds.list("acme")
"""


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


def test_only_the_wrong_argument_is_an_error(environment, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found = mypy(environment, program).stdout.splitlines()
    assert found[0].startswith("program.py:8: error: Missing positional argument"), found
    assert found[1:] == ["Found 1 error in 1 file (checked 1 source file)"]
