"""The lowest declared versions are sufficient."""

import pytest
from packaging.requirements import Requirement
from tests.packaging import programs
from tests.packaging.environments import LONGEST_SECONDS, make_environment, run
from tests.packaging.project import ROOT, extras, floors, pyproject

pytestmark = [pytest.mark.installs, pytest.mark.timeout(LONGEST_SECONDS)]
# Tools of the group `test` that no test of the client or the mock server imports. They have bounds of their own.
CHECKERS = {"import-linter", "mypy", "pyright", "pytest-cov", "types-PyYAML"}


@pytest.fixture(scope="module")
def lowest(distributions, tmp_path_factory):
    wheel = f"{distributions.wheel}[{','.join(extras())}]"
    group = pyproject()["dependency-groups"]["test"]
    testers = [line for line in group if Requirement(line).name not in CHECKERS]
    lowest = [f"{name}=={version}" for name, version in floors().items()]
    return make_environment(tmp_path_factory.mktemp("lowest"), wheel, *testers, constraints=lowest)


def test_the_lowest_versions_are_compatible(lowest):
    assert lowest.pip("check").strip() == "No broken requirements found."


@pytest.mark.parametrize("program", ["ONE_CALL", "SIGNED", "MOCK", "CONFORMANCE"])
def test_programs_run_with_the_lowest_versions(lowest, program):
    assert lowest.script(getattr(programs, program))


def test_the_tests_of_client_and_mock_server_pass_with_the_lowest_versions(lowest):
    parallel = ["--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not exhaustive", *parallel]
    done = run([lowest.python, *options, "tests/unit/client", "tests/unit/mock"], ROOT)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
