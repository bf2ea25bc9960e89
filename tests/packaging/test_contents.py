"""Contents of the wheel and the sdist."""

import re
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from tests.packaging.project import ROOT, SOURCES


@pytest.fixture(scope="module")
def wheel(distributions):
    with zipfile.ZipFile(distributions.wheel) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def sdist(distributions):
    with tarfile.open(distributions.sdist) as sdist:
        yield sdist


def test_the_wheel_has_both_packages_and_nothing_else(wheel, sources):
    """A folder named like an ignored one, such as `build`, would be missing."""
    written, generated = (
        {path.relative_to(sources / folder).as_posix() for path in (sources / folder).rglob("*") if path.is_file()}
        for folder in ("overrides", "generated")
    )
    generated -= {"MANIFEST.json"}
    documents = {f"_buildkite_rest/{name}" for name in ("openapi.yaml", "openapi.json")}
    assert documents <= generated
    assert {"buildkite_rest/py.typed", "_buildkite_rest/py.typed"} <= written | generated
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == written | generated


def test_the_sdist_has_the_sources_and_the_spec(sdist):
    members = sdist.getmembers()
    assert all(member.isfile() for member in members)
    paths = [PurePosixPath(member.name) for member in members]
    assert {path.parts[1] for path in paths} == {*SOURCES, "PKG-INFO"}
    stray = [path for path in paths if path.suffix not in {".py", ".yaml", ".toml", ".md", ".json", ".html", ".css"}]
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
