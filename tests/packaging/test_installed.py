"""The wheel in clean environments, on each Python of this machine, and the sdist."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from findpython import PythonVersion, find_all
from packaging.specifiers import SpecifierSet
from tests.packaging import programs
from tests.packaging.project import LONGEST_SECONDS, ROOT, extras, make_environment, pyproject, run

from buildkite_rest import __version__

pytestmark = [pytest.mark.installs, pytest.mark.timeout(LONGEST_SECONDS)]


@pytest.mark.parametrize("extra", extras())
def test_each_extra_is_complete(extra, with_extra):
    environment = with_extra(extra)
    assert environment.pip("check").strip() == "No broken requirements found."
    assert environment.script(programs.MOCK).split() == ["main", "120"]


def test_without_extras_the_client_works(bare):
    assert bare.pip("check").strip() == "No broken requirements found."
    assert bare.script("import buildkite_rest; print(buildkite_rest.__version__)").strip() == __version__
    assert bare.script(programs.ONE_CALL).splitlines() == ["Ada", "No", "Ada"]
    assert bare.script(programs.SIGNED).strip() == "3"


@pytest.mark.parametrize(
    ("environment", "module"), [("bare", "mock"), ("bare", "conformance"), ("mock", "conformance")]
)
def test_a_missing_extra_is_named_in_one_line(environment, module, request):
    installed = request.getfixturevalue(environment)
    options = ("--base-url", "http://127.0.0.1:1") if module == "conformance" else ()
    for done in (installed.run("-m", f"buildkite_rest.{module}", *options), installed.command(module, *options)):
        assert done.returncode == 2
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.endswith(f" is not installed; it comes with buildkite-rest[{module}]")


def test_the_command_works_without_extras(bare):
    assert bare.command("--version").stdout == f"buildkite-rest {__version__}\n"
    assert bare.command("spec", "--format", "json").stdout.startswith('{"openapi":')
    assert bare.command("api", "/v2/user").returncode == 4
    for name in ("mock", "conformance"):
        assert bare.command(*name.split(), "--help").stdout.startswith(f"usage: buildkite-rest {name} ")


def test_the_conformance_runner_runs(complete):
    assert "requests" in complete.script(programs.CONFORMANCE).splitlines()[-1]


def test_entry_points_are_those_declared_and_load(mock):
    project = pyproject()["project"]
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    expected = {f"{group} {name} {value}" for group, points in groups.items() for name, value in points.items()}
    assert set(mock.script(programs.ENTRY_POINTS).splitlines()) == expected


@pytest.mark.parametrize("extra", ["", "[mock]"])
def test_pytest_runs_with_and_without_the_extra(extra, distributions, tmp_path):
    """Every run of pytest in the environment loads a plugin, even if dependencies of the plugin are missing."""
    environment = make_environment(tmp_path, f"{distributions.wheel}{extra}", "pytest")
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    done = environment.run("-W", "error", "-m", "pytest", "-W", "error", "-q", "suite")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


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


def test_the_program_of_a_user_is_checked(distributions, tmp_path):
    environment = make_environment(tmp_path / "types", f"{distributions.wheel}[mock]", "httpx2", "pytest")
    program = Path(shutil.copy(ROOT / "tests" / "typing" / "user.py", tmp_path))
    options = ["--strict", "--config-file=", "--python-executable", environment.python]
    done = run([sys.executable, "-m", "mypy", *options, program], tmp_path)
    assert done.stdout == "Success: no issues found in 1 source file\n"
