"""Version check: `python -m tests.packaging.versions` lists where the versions of this project disagree.

The version of the package is in `_version.py`, that of the spec in `spec/openapi.yaml`, and those of the generators are
in `pyproject.toml`. Everything else must agree with these three.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from tests.packaging.project import ROOT, pyproject

VERSION = "overrides/buildkite_rest/_version.py"
DEPENDENCIES = "docs/dependencies.md"
STATUS, BETA, STABLE = "Development Status :: ", "4 - Beta", "5 - Production/Stable"
HEADINGS = re.compile(r"^## \[(?P<name>[^]]+)\](?P<rest>.*)$", re.MULTILINE)
FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)((a|b|rc)[1-9]\d*)?")
"""Versions of Semantic Versioning in the form of Python's file names, which the package index accepts."""
DAY = re.compile(r" - \d{4}-\d\d-\d\d")


def package_version(root: Path = ROOT) -> str:
    """Return the version of the package."""
    return version_in((root / VERSION).read_text(encoding="utf-8"))


def problems(root: Path = ROOT) -> list[str]:
    """Return a line for each disagreement."""
    if wrong := form_problem(package_version(root)):
        return [wrong]
    return [
        *_changelog(root),
        *_status(root),
        *_dependencies(root),
        *_spec(root),
        *_generators(root),
    ]


def form_problem(version: str) -> str | None:
    """Return why the version cannot be released, in one line, or None."""
    if FORM.fullmatch(version) is None:
        return f"{VERSION}: {version!r} is not a version such as 1.2.3 or 1.2.3rc1"
    return None


def _changelog(root: Path) -> Iterator[str]:
    version, text = package_version(root), (root / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = list(HEADINGS.finditer(text))
    if not headings or headings[0]["name"] not in ("Unreleased", version):
        yield f"CHANGELOG.md: the first section is neither [Unreleased] nor [{version}], the version in {VERSION}"
    names = [heading["name"] for heading in headings]
    for heading, end in zip(headings, [*(each.start() for each in headings[1:]), len(text)], strict=True):
        name = heading["name"]
        if name != "Unreleased" and not _is_day(heading["rest"]):
            yield f"CHANGELOG.md: [{name}] has no date up to today; write: ## [{name}] - 2024-12-31"
        if name != "Unreleased" and not text[heading.end() : end].strip():
            yield f"CHANGELOG.md: [{name}] has no entries; list the changes"
        if names.count(name) > 1 and names.index(name) == headings.index(heading):
            yield f"CHANGELOG.md: there are {names.count(name)} sections [{name}]; merge them"


def _is_day(text: str) -> bool:
    try:
        return DAY.fullmatch(text) is not None and date.fromisoformat(text.removeprefix(" - ")) <= _tomorrow()
    except ValueError:
        return False


def _tomorrow() -> date:
    """Return the last day that is today somewhere."""
    return datetime.now(timezone(timedelta(hours=14))).date()


def _status(root: Path) -> Iterator[str]:
    version = Version(package_version(root))
    expected = STABLE if version >= Version("1.0") and not version.is_prerelease else BETA
    if [name for name in pyproject(root)["project"]["classifiers"] if name.startswith(STATUS)] != [STATUS + expected]:
        yield f"pyproject.toml: the classifier of {version} is {STATUS}{expected}"


def _dependencies(root: Path) -> Iterator[str]:
    version, text = package_version(root), (root / DEPENDENCIES).read_text(encoding="utf-8")
    if f"\n| buildkite-rest | {version} |" not in text or not re.search(rf"\bversion\s+{re.escape(version)},", text):
        yield f"{DEPENDENCIES}: the tables are not those of {version}; run make dependencies"


def _spec(root: Path) -> Iterator[str]:
    source, bundle = "spec/openapi.yaml", "generated/_buildkite_rest/openapi.yaml"
    package = "generated/_buildkite_rest/__init__.py"
    version = info_version((root / source).read_text(encoding="utf-8"))
    if info_version((root / bundle).read_text(encoding="utf-8")) != version:
        yield f"{bundle}: info.version is not {version}, that of {source}; run make generate"
    if f'\nSPEC_VERSION = "{version}"\n' not in (root / package).read_text(encoding="utf-8"):
        yield f"{package}: SPEC_VERSION is not {version}, that of {source}; run make generate"


def _generators(root: Path) -> Iterator[str]:
    group = map(Requirement, pyproject(root)["dependency-groups"]["generate"])
    pins = {found.name: str(found.specifier).removeprefix("==") for found in group}
    used = json.loads((root / "generated" / "MANIFEST.json").read_bytes())["generators"]
    for name, version in used.items():
        if pins.get(name) != version:
            yield f"pyproject.toml: {name} is not pinned to {version}, which made generated/; run make generate"


def info_version(document: str) -> str:
    """Return the version of an OpenAPI document in YAML."""
    # The head is enough. Parsing the whole document takes seconds.
    head = re.split(r"^(?:servers|paths|tags):", document, maxsplit=1, flags=re.MULTILINE)[0]
    return str(yaml.safe_load(head)["info"]["version"])


def version_in(text: str) -> str:
    """Return the version of the package in the text of its module."""
    return re.findall(r'^__version__ = "([^"]*)"$', text, re.MULTILINE)[0]


def main() -> int:
    """Print the disagreements, or the version of the package if there are none."""
    found = problems()
    print("\n".join(found) or f"all versions agree; the package is {package_version()}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
