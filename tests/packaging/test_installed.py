"""The wheel in clean environments: without extras and with each extra."""

import pytest
from tests.packaging import programs
from tests.packaging.environments import make_environment
from tests.packaging.project import extras, pyproject

from buildkite_rest import __version__

pytestmark = pytest.mark.installs


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
    for name in ("mock", "conformance", "conformance traffic", "conformance cleanup"):
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
