"""Version check: this project passes, and each disagreement is reported."""

import re
import shutil

import pytest
from tests.packaging.project import ROOT
from tests.packaging.release import spec_problem
from tests.packaging.versions import package_version, problems

FILES = (
    "CHANGELOG.md",
    "docs/dependencies.md",
    "pyproject.toml",
    "generated/MANIFEST.json",
    "generated/_buildkite_rest/__init__.py",
    "generated/_buildkite_rest/openapi.yaml",
    "overrides/buildkite_rest/_version.py",
    "spec/openapi.yaml",
)


@pytest.fixture
def project(tmp_path):
    """A copy of the files with versions."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path, pattern, replacement):
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def release(project, version, status):
    edit(project / "overrides/buildkite_rest/_version.py", '^__version__ = ".*"$', f'__version__ = "{version}"')
    edit(project / "pyproject.toml", '"Development Status :: .*"', f'"Development Status :: {status}"')
    edit(project / "docs/dependencies.md", r"^\| buildkite-rest \| \S+", f"| buildkite-rest | {version}")
    edit(project / "docs/dependencies.md", r"\bversion \S+,", f"version {version},")
    edit(project / "CHANGELOG.md", r"^## \[.*$", "## [Unreleased]")


def test_all_versions_agree():
    assert problems() == []


@pytest.mark.parametrize("heading", ["## [Unreleased]", "## [1.2.3] - 2026-01-31"])
def test_the_changelog_may_begin_with_unreleased_or_the_version(project, heading):
    release(project, "1.2.3", "5 - Production/Stable")
    edit(project / "CHANGELOG.md", r"^## \[.*$", heading)
    assert problems(project) == []


@pytest.mark.parametrize(
    ("version", "status"),
    [("0.9.0", "4 - Beta"), ("1.0.0rc1", "4 - Beta"), ("1.0.0", "5 - Production/Stable"), ("2.0.0b1", "4 - Beta")],
)
def test_the_classifier_says_whether_the_version_is_stable(project, version, status):
    release(project, version, status)
    assert problems(project) == []
    release(project, version, "3 - Alpha")
    assert problems(project) == [f"pyproject.toml: the classifier of {version} is Development Status :: {status}"]


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "problem"),
    [
        ("CHANGELOG.md", r"^## \[.*$", "## [9.9.9] - 2026-01-31", r"neither \[Unreleased\] nor \[\d"),
        ("CHANGELOG.md", r"^## \[.*$", f"## [{package_version()}]", "has no date up to today"),
        ("CHANGELOG.md", r"^## \[.*$", f"## [{package_version()}] - 2026-13-45", "has no date up to today"),
        ("CHANGELOG.md", r"^## \[.*$", f"## [{package_version()}] - 9999-12-31", "has no date up to today"),
        ("CHANGELOG.md", r"^## \[.*$", "## [9.9.9] - 2026-01-31\n\n\\g<0>", r"\[9.9.9\] has no entries"),
        ("CHANGELOG.md", r"^## \[\d.*$", "\\g<0>\n\n- A.\n\n\\g<0>", r"there are 2 sections \[\d"),
        ("docs/dependencies.md", r"version \S+,", "version 0.9.0,", "run make dependencies"),
        ("docs/dependencies.md", r"^\| buildkite-rest \| \S+", "| buildkite-rest | 0.1", "run make dependencies"),
        ("spec/openapi.yaml", r"^  version: .*$", "  version: 9.9.9", "is not 9.9.9"),
        ("generated/_buildkite_rest/openapi.yaml", r"^  version: .*$", "  version: 9.9.9", "info.version is not"),
        ("generated/_buildkite_rest/__init__.py", r'SPEC_VERSION = ".*"', 'SPEC_VERSION = "9"', "SPEC_VERSION is not"),
        ("generated/MANIFEST.json", '"ruff": ".*"', '"ruff": "9.9"', "ruff is not pinned to 9.9"),
        ("pyproject.toml", r'"openapi-python-client==.*"', '"openapi-python-client"', "client is not pinned"),
    ],
)
def test_a_disagreement_is_reported(project, file, pattern, replacement, problem):
    edit(project / file, pattern, replacement)
    assert re.search(problem, "\n".join(problems(project)))


@pytest.mark.parametrize(
    "version",
    [*("banana", "1.0.x", "1.0", "01.0.0", "2.0.0-rc1", "2.0.0rc0"), *("1!1.0.0", "1.0.0+local", "1.0.0.post1")],
)
def test_a_version_that_cannot_be_released_is_one_line(project, version):
    edit(project / "overrides/buildkite_rest/_version.py", r'^__version__ = ".*"$', f'__version__ = "{version}"')
    expected = f"overrides/buildkite_rest/_version.py: {version!r} is not a version such as 1.2.3 or 1.2.3rc1"
    assert problems(project) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "is_problem"),
    [
        ("info: {version: 1.0.0}\npaths: {a: 1}", "info: {version: 1.0.0}\npaths: {a: 1}", False),
        ("info: {version: 1.0.0}\npaths: {a: 1}", "info: {version: 1.0.0}\npaths: {a: 2}", True),
        ("info: {version: 1.0.0}\npaths: {a: 1}", "info: {version: 1.1.0}\npaths: {a: 2}", False),
    ],
)
def test_a_changed_document_needs_a_new_version(before, after, is_problem):
    assert (spec_problem(before, after) is not None) == is_problem
