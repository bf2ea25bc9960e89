"""Version check: `python -m tests.packaging.versions` lists where the versions of this project disagree.

The version of the package is in `_version.py`; `make check-generated` compares that of the spec. With `--release`, it
also lists what a release must not have: files that are not committed, placeholders in `project.urls`, a version that is
not above the last tag or has no section in CHANGELOG.md, a changed spec with the version of the last tag.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.version import Version
from tests.packaging.project import ROOT, pyproject

VERSION = "overrides/buildkite_rest/_version.py"
SPEC = "generated/_buildkite_rest/openapi.yaml"
SITE = "mkdocs.yml"
STATUS, BETA, STABLE = "Development Status :: ", "4 - Beta", "5 - Production/Stable"
HEADING = re.compile(r"^## \[([^]]+)\]( - \d{4}-\d\d-\d\d)?$", re.MULTILINE)
VERSION_TAGS = "v[0-9]*"
CANDIDATE_TAGS = "v*[abc][0-9]*"
PLACEHOLDER = re.compile(r"[<>]|\b(OWNER|TODO|example\.(com|org)|[\w-]+\.(example|invalid))\b")


class RevisionError(Exception):
    """A revision cannot be read. The message is one line."""


def tags_here(repository: Path) -> list[str]:
    """Return the version tags of the current commit."""
    return (_git(repository, "tag", "--points-at", "HEAD", "--list", VERSION_TAGS) or "").split()


def last_tag(repository: Path, *, released: bool = False) -> str | None:
    """Return the last version tag before the current commit, or None. Tags of the commit itself do not count.

    Args:
        repository: A clone.
        released: Leave out the tags of versions before a release, such as v1.0.0rc1.
    """
    excluded = [f"--exclude={tag}" for tag in [*tags_here(repository), *([CANDIDATE_TAGS] if released else [])]]
    found = _git(repository, "describe", "--tags", "--abbrev=0", f"--match={VERSION_TAGS}", *excluded)
    return found and found.strip()


def read_file(repository: Path, revision: str, path: str) -> str:
    """Return the content of a file of `revision`.

    Raises:
        RevisionError: There is no such revision, or it has no such file.
    """
    found = _git(repository, "show", "--end-of-options", f"{revision}:{path}")
    if found is None:
        raise RevisionError(f"{revision!r} is not a revision of this repository that has {path}. Fetch it.")
    return found


def changes(repository: Path) -> list[str]:
    """Return the files that are not committed."""
    return [line[3:] for line in (_git(repository, "status", "--porcelain") or "").splitlines()]


def _git(repository: Path, *arguments: str) -> str | None:
    """Return the output of git, or None when it fails."""
    command = ["git", "--no-optional-locks", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def package_version(root: Path = ROOT) -> str:
    """Return the version of the package."""
    return version_in((root / VERSION).read_text(encoding="utf-8"))


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield a line for each disagreement."""
    version = Version(package_version(root))
    sections = HEADING.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not sections or sections[0][0] not in ("Unreleased", str(version)):
        yield f"CHANGELOG.md: the first section is neither [Unreleased] nor [{version}], the version in {VERSION}"
    yield from (f"CHANGELOG.md: [{name}] has no date" for name, day in sections if name != "Unreleased" and not day)
    status = STATUS + (STABLE if version >= Version("1.0") and not version.is_prerelease else BETA)
    if status not in pyproject(root)["project"]["classifiers"]:
        yield f"pyproject.toml: the classifier of {version} is {status}"
    if f"\n  release: {version}\n" not in (root / SITE).read_text(encoding="utf-8"):
        yield f"{SITE}: extra.release is not {version}, the version in {VERSION}"


def release_problems(*, placeholders: bool = True) -> Iterator[str]:
    """Yield a line for each reason not to release this commit.

    Args:
        placeholders: Whether `project.urls` must not have placeholders.
    """
    version, last = package_version(), last_tag(ROOT)
    if changed := changes(ROOT):
        yield f"{len(changed)} files are not committed, such as {changed[0]}"
    if wrong := [tag for tag in tags_here(ROOT) if tag != f"v{version}"]:
        yield f"the tag {wrong[0]} of this commit is not v{version}, the version in {VERSION}"
    if HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[0][0] != version:
        yield f"CHANGELOG.md: the first section is not [{version}]; write its version and date in place of [Unreleased]"
    if last is not None:
        if Version(version) <= Version(last):
            yield f"the version {version} is not above {last}, the last tag; raise it in {VERSION}"
        before, after = read_file(ROOT, last, SPEC), (ROOT / SPEC).read_text(encoding="utf-8")
        if before != after and info_version(before) == info_version(after):
            yield f"the spec has changed since {last}; raise {info_version(after)} in spec/openapi.yaml"
    urls = (*pyproject()["project"]["urls"].values(), *re.findall(r"https://\S+", (ROOT / SITE).read_text("utf-8")))
    if placeholders and any(map(PLACEHOLDER.search, urls)):
        yield f"pyproject.toml or {SITE} has placeholders; write the URLs, or leave the check out: WITHOUT=urls"


def info_version(document: str) -> str:
    """Return the version of an OpenAPI document in YAML."""
    # The head is enough. Parsing the whole document takes seconds.
    head = re.split(r"^(?:servers|paths|tags):", document, maxsplit=1, flags=re.MULTILINE)[0]
    return str(yaml.safe_load(head)["info"]["version"])


def version_in(text: str) -> str:
    """Return the version of the package in the text of its module."""
    return re.findall(r'^__version__ = "([^"]*)"$', text, re.MULTILINE)[0]


def main() -> int:
    """Print what is wrong, or the version of the package if there is nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.versions", description=__doc__.split("\n")[0])
    parser.add_argument("--release", action="store_true", help="also list reasons not to release this commit")
    parser.add_argument("--without-urls", action="store_true", help="accept placeholders in project.urls")
    options = parser.parse_args()
    found = [*problems(), *(release_problems(placeholders=not options.without_urls) if options.release else ())]
    print("\n".join(found) or f"all versions agree; the package is {package_version()}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
