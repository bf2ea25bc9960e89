"""The wheel and the sdist on each Python of this machine, in clean environments."""

import sys
from collections.abc import Iterator

import pytest
from findpython import PythonVersion, find_all
from packaging.specifiers import SpecifierSet
from tests.packaging import programs
from tests.packaging.environments import make_environment
from tests.packaging.project import pyproject

pytestmark = pytest.mark.installs


def pythons() -> Iterator[PythonVersion]:
    """Yield one interpreter for each version that the package accepts, the oldest first."""
    accepted = SpecifierSet(pyproject()["project"]["requires-python"])
    found = {python.version: python for python in find_all() if python.version in accepted}
    # The package promises nothing for builds without the global lock.
    return (found[version] for version in sorted(found) if not found[version].freethreaded)


@pytest.fixture(scope="module", params=pythons(), ids=lambda python: str(python.version))
def python(request):
    return request.param.executable


def test_this_python_is_found():
    assert sys.version_info[:3] in {python.version.release for python in pythons()}


def test_the_wheel_installs_and_works(python, distributions, tmp_path):
    environment = make_environment(tmp_path, f"{distributions.wheel}[mock]", python=python)
    assert environment.pip("check").strip() == "No broken requirements found."
    assert environment.script(programs.ONE_CALL).splitlines() == ["Ada", "No user found", "Ada"]
    assert environment.script(programs.MOCK).split() == ["main", "120"]


def test_the_sdist_installs_and_works(python, distributions, tmp_path):
    """The build is isolated, with only the declared build system."""
    environment = make_environment(tmp_path, f"{distributions.sdist}[mock]", python=python)
    assert environment.script(programs.MOCK).split() == ["main", "120"]
