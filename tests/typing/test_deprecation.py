"""Type checkers report what is deprecated, in the client of an edited spec."""

from pathlib import Path

import pytest
from generator.steps import generate
from tests.typing import checkers
from tests.unit.generator.spec_fixture import write_spec_with_crews
from tests.unit.generator.test_deprecation import EDITS

PROGRAM = """
from _buildkite_rest.models import Pairing, Walker
from _buildkite_rest.organization import AsyncOrganizationResources, OrganizationResources
from _buildkite_rest.params import Part
from _buildkite_rest.resources import AsyncResources, Resources


def call(bk: Resources, part: Part) -> None:
    bk.robots.health()  # deprecated
    bk.robots.get("r2")
    bk.robots.create(name="R2", parts=[part])
    bk.robots.create(nmae="R2", parts=[part])  # wrong


async def call_asynchronously(bk: AsyncResources, part: Part) -> None:
    await bk.robots.health()  # deprecated
    await bk.robots.create(name="R2", parts=[part])


def call_in_organization(acme: OrganizationResources) -> None:
    acme.crews.get_of_organization("night", robots=True)  # deprecated
    acme.crews.get_of_organization("night", robbots=True)  # deprecated, wrong


async def call_asynchronously_in_organization(acme: AsyncOrganizationResources) -> None:
    print((await acme.crews.get_of_organization("night", robots=True)).name)  # deprecated


def read(robot: Walker, pairing: Pairing) -> None:
    legs: int | None = robot.legs  # deprecated
    print(legs, robot.built_at, pairing.code)
    Walker(id="r2", legs=4)
    Walker(id="r2", legs="4")  # wrong
""".lstrip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated package, and the program beside it."""
    folder = tmp_path_factory.mktemp("deprecations")
    generate(write_spec_with_crews(folder / "spec", *EDITS), folder / "out")
    (folder / "out" / "program.py").write_text(PROGRAM, encoding="utf-8")
    return folder / "out"


def lines(errors: dict[str, list[str]], marks: tuple[str, ...]) -> dict[str, set[int]]:
    """Return the numbers of the lines with errors that have a mark, and of the others."""
    found: dict[str, set[int]] = {"deprecated": set(), "wrong": set()}
    for error in errors["program.py"]:
        kind = "deprecated" if any(mark in error for mark in marks) else "wrong"
        found[kind].add(int(error.partition(":")[0]))
    return found


def expected(*more: str) -> dict[str, set[int]]:
    numbered = list(enumerate(PROGRAM.splitlines(), 1))
    return {
        "deprecated": {number for number, line in numbered if "# deprecated" in line or line in more},
        "wrong": {number for number, line in numbered if line.endswith("wrong")},
    }


IMPORTS = tuple(line for line in PROGRAM.splitlines() if "import Pairing" in line or "import Part" in line)


def test_mypy_reports_each_use(folder: Path) -> None:
    errors = checkers.mypy(folder, "--enable-error-code=deprecated", "--cache-dir=.mypy_cache")
    assert lines(errors, ("[deprecated]",)) == expected(*IMPORTS)


@pytest.mark.exhaustive
def test_pyright_reports_each_use(folder: Path) -> None:
    errors = checkers.pyright(folder, include=["program.py"])
    signatures = tuple(
        line
        for line in PROGRAM.splitlines()
        if line.removeprefix("async ").startswith("def ") and ("part: Part" in line or "Pairing" in line)
    )
    assert lines(errors, ("[reportDeprecated]",)) == expected(*IMPORTS, *signatures)
