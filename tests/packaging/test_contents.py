"""Contents of the wheel and the sdist, and reproducible builds."""

import re
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from generator.manifest import generated_files
from tests.packaging.building import EPOCH, SOURCES, build, copy_sources, disturb
from tests.packaging.project import ROOT, pyproject
from tests.packaging.rebuild import differing

PACKAGES = ("buildkite_rest", "_buildkite_rest")


@pytest.fixture(scope="module")
def wheel(distributions):
    with zipfile.ZipFile(distributions.wheel) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def sdist(distributions):
    with tarfile.open(distributions.sdist) as sdist:
        yield sdist


def below(names: list[str], folder: str) -> set[str]:
    return {name for name in names if name.startswith(f"{folder}/")}


def test_the_wheel_has_only_two_packages_and_metadata(wheel):
    tops = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops == {*PACKAGES, info}
    declared = {"entry_points.txt"} if {"scripts", "entry-points"} & set(pyproject()["project"]) else set()
    expected = {"METADATA", "WHEEL", "RECORD", "licenses/LICENSE", *declared}
    assert {name.removeprefix(f"{info}/") for name in below(wheel.namelist(), info)} == expected


def test_the_public_package_has_only_modules_py_typed_and_seeds(wheel):
    names = below(wheel.namelist(), "buildkite_rest")
    assert "buildkite_rest/py.typed" in names
    stray = [name for name in names if not re.fullmatch(r"(\w+/)+\w+\.py|buildkite_rest/mock/seed/\w+\.yaml", name)]
    assert stray == ["buildkite_rest/py.typed"]


def test_no_module_is_missing(wheel, sources):
    """A folder named like an ignored one, such as `build`, would be."""
    folder = sources / "overrides"
    assert below(wheel.namelist(), "buildkite_rest") == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }


def test_no_generated_file_is_missing(wheel, sources):
    names = below(wheel.namelist(), "_buildkite_rest")
    assert names == {path.as_posix() for path in generated_files(sources / "generated")} - {"MANIFEST.json"}
    documents = {
        f"_buildkite_rest/{stem}.{suffix}" for stem in ("openapi", "openapi-3.0") for suffix in ("yaml", "json")
    }
    assert {"_buildkite_rest/py.typed", *documents} <= names


def test_the_sdist_has_the_sources_and_the_spec(sdist):
    members = sdist.getmembers()
    assert all(member.isfile() for member in members)
    paths = [PurePosixPath(member.name) for member in members]
    assert {path.parts[1] for path in paths} == {*SOURCES, "PKG-INFO"}
    stray = [path for path in paths if path.suffix not in {".py", ".yaml", ".toml", ".md", ".json", ".svg", ".css"}]
    assert {path.name for path in stray} == {"LICENSE", "PKG-INFO", ".gitignore", "py.typed"}


@pytest.mark.parametrize("page", ["README.md", "BENCHMARKS.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_sdist_has_the_link_targets_of_its_pages(sdist, page):
    """A package index shows the README too, and its links are relative."""
    root, *_ = PurePosixPath(sdist.getnames()[0]).parts
    names = {PurePosixPath(name) for name in sdist.getnames()}
    targets = names.union(*(name.parents for name in names))
    text = sdist.extractfile(f"{root}/{page}").read().decode()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if PurePosixPath(root, link) not in targets] == []
    assert links or page != "README.md"


def test_no_file_has_a_path_of_the_build_machine(wheel, sdist):
    texts = [wheel.read(name) for name in wheel.namelist()]
    texts += [file.read() for member in sdist.getmembers() if (file := sdist.extractfile(member))]
    for folder in {str(ROOT), str(Path.home())} - {"/"}:
        assert not [text for text in texts if folder.encode() + b"/" in text]


def test_builds_are_reproducible(sources, distributions, tmp_path):
    copy = copy_sources(tmp_path / "elsewhere", sources)
    disturb(copy)
    assert differing(distributions, build(copy, tmp_path / "dist", umask=0o077)) == []


@pytest.mark.exhaustive
def test_the_wheel_of_the_tree_is_the_wheel_of_the_sdist(sources, distributions, tmp_path):
    """A build from a folder makes the wheel from the sdist."""
    direct = build(sources, tmp_path, "--wheel")
    assert direct.wheel.read_bytes() == distributions.wheel.read_bytes()


def test_files_have_the_date_of_source_date_epoch(wheel, sdist):
    date = datetime.fromtimestamp(EPOCH, UTC)
    assert {entry.date_time[:5] for entry in wheel.infolist()} == {date.timetuple()[:5]}
    assert {member.mtime for member in sdist.getmembers()} == {EPOCH}
