"""The wheel on each Python of this machine, and the sdist, in clean environments."""

from collections.abc import Iterator

import pytest
from findpython import PythonVersion, find_all
from packaging.specifiers import SpecifierSet
from tests.packaging import programs
from tests.packaging.environments import LONGEST_SECONDS, make_environment
from tests.packaging.project import pyproject

pytestmark = [pytest.mark.installs, pytest.mark.timeout(LONGEST_SECONDS)]


def pythons() -> Iterator[PythonVersion]:
    """Yield one interpreter for each version that the package accepts, the oldest first."""
    accepted = SpecifierSet(pyproject()["project"]["requires-python"])
    found = {python.version: python for python in find_all() if python.version in accepted}
    # The package promises nothing for builds without the global lock.
    return (found[version] for version in sorted(found) if not found[version].freethreaded)


# Finding the interpreters takes seconds, so it is not done while tests are collected.
def test_the_wheel_installs_and_works(distributions, tmp_path, subtests):
    for python in pythons():
        with subtests.test(python=str(python.version)):
            folder = tmp_path / str(python.version)
            environment = make_environment(folder, f"{distributions.wheel}[mock]", python=python.executable)
            assert environment.pip("check").strip() == "No broken requirements found."
            assert environment.script(programs.ONE_CALL).splitlines() == ["Ada", "No", "Ada"]
            assert environment.script(programs.MOCK).split() == ["main", "120"]


def test_the_sdist_installs_and_works(distributions, tmp_path):
    """The build is isolated, with only the declared build system."""
    environment = make_environment(tmp_path, f"{distributions.sdist}[mock]")
    assert environment.script(programs.MOCK).split() == ["main", "120"]
