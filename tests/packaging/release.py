"""Release check: `python -m tests.packaging.release` runs every check that a release must pass.

It first refuses a tree that cannot be released: uncommitted changes, a version without a section in CHANGELOG.md or
not above the last tag, placeholders in `project.urls`; and a machine without the commands that the steps need. Then it
runs the targets of the Makefile one after the other and stops at the first failure. Their output goes to
`.tools/release/`. Steps that are left out are listed at the end. It tags and publishes nothing.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen
from packaging.version import Version
from tests.packaging import revisions
from tests.packaging.project import ROOT, pyproject
from tests.packaging.versions import HEADINGS, form_problem, info_version, package_version

LOGS = ROOT / ".tools" / "release"
# `test-all` includes the tests of conformance and the coverage of the client.
FIRST = (
    "lint",
    "types",
    "check-generated",
    "test-all",
    "docs",
    "test-browser",
    "test-peers",
    "lint-spec",
    "cross-check",
)
SPEC = "generated/_buildkite_rest/openapi.yaml"
LAST = ("bench", "dist", "packaging")
URLS = "urls"
"""Name of the check for placeholders, which can be left out as well: a candidate may have them."""
NEEDS = {"test-browser": ("chromium",), "lint-spec": ("npm",), "cross-check": ("npm", "go")}
"""Commands that the targets need and that pip cannot install."""
TAIL_LINES = 20
PLACEHOLDER = re.compile(r"[<>]|\b(OWNER|TODO|example\.(com|org)|[\w-]+\.(example|invalid))\b")

NEXT_STEP = """
All checks passed. Continue with step 3 of the release in CONTRIBUTING.md: the tag is v{version}."""
INCOMPLETE = """
All checks passed but for those left out: {without}. A release needs all of them."""


@frozen
class Step:
    """A name and a command that must exit with status 0."""

    name: str
    command: tuple[str, ...]


def plan(tag: str | None) -> list[Step]:
    """Return the steps."""
    steps = [Step("versions", (sys.executable, "-m", "tests.packaging.versions"))]
    steps += [Step(name, ("make", name)) for name in FIRST]
    if tag is not None:
        command = (sys.executable, "-m", "tests.packaging.api_diff", "--check-version", tag)
        steps.append(Step(f"api-diff {tag}", command))
    return [*steps, *(Step(name, ("make", name)) for name in LAST)]


def run(steps: list[Step], logs: Path) -> bool:
    """Run the steps until one fails, and return whether all passed."""
    logs.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(steps, 1):
        print(f"[{number:2}/{len(steps)}] {step.name:20}", end=" ", flush=True)
        log = logs / f"{step.name.replace(' ', '-')}.log"
        started = time.monotonic()
        with log.open("w", encoding="utf-8") as out:
            status = subprocess.run(step.command, cwd=ROOT, stdout=out, stderr=out, check=False).returncode
        print(f"{'ok' if status == 0 else 'FAILED':6} {time.monotonic() - started:4.0f} s", flush=True)
        if status != 0:
            output = log.read_text(encoding="utf-8", errors="replace").splitlines()
            print("\n".join(output[-TAIL_LINES:]))
            left = ", ".join(later.name for later in steps[number:]) or "nothing"
            print(f"release-check: {step.name} failed; its output is in {relative(log)}; not run: {left}")
            return False
    return True


def relative(path: Path) -> Path:
    """Return a path relative to the project, if it is inside."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def version_problem(version: str, last_tag: str | None, tags_here: list[str], changelog: str) -> str | None:
    """Return why this version cannot be released, in one line, or None.

    `tags_here` are the version tags of this commit, `last_tag` is the last one before it.
    """
    if wrong := [tag for tag in tags_here if tag != f"v{version}"]:
        return f"the tag {wrong[0]} of this commit is not v{version}, the version in _version.py"
    if last_tag is not None and Version(version) <= Version(last_tag):
        return f"the version {version} is not above {last_tag}, the last tag; raise it in _version.py"
    names = [heading["name"] for heading in HEADINGS.finditer(changelog)]
    if version not in names:
        return f"CHANGELOG.md has no section for {version}; write ## [{version}] - 2024-12-31 in place of [Unreleased]"
    if names[0] != version:
        return f"CHANGELOG.md: [{names[0]}] is above the section for {version}; move its entries there and remove it"
    return None


def spec_problem(before: str, after: str) -> str | None:
    """Return that the version of a changed document must be raised, in one line, or None."""
    if before == after or info_version(before) != info_version(after):
        return None
    return f"the spec has changed since the last tag; raise {info_version(after)} in spec/openapi.yaml"


def placeholder_problem(urls: Mapping[str, str]) -> str | None:
    """Return which of `project.urls` is a placeholder, in one line, or None."""
    if not urls:
        return "pyproject.toml has no project.urls; list the URLs of this project"
    if found := [name for name, url in urls.items() if PLACEHOLDER.search(url)]:
        return (
            f"pyproject.toml: project.urls has placeholders: {', '.join(found)}; "
            "write the URLs of this project, or leave this check out: WITHOUT=urls"
        )
    return None


def command_problem(steps: Iterable[str]) -> str | None:
    """Return which commands of the steps are not installed, in one line, or None."""
    missing: dict[str, list[str]] = {}
    for step in steps:
        for command in NEEDS.get(step, ()):
            if shutil.which(command) is None:
                missing.setdefault(command, []).append(step)
    if not missing:
        return None
    named = ", ".join(f"{command} (for {' and '.join(needed_by)})" for command, needed_by in missing.items())
    without = " ".join(dict.fromkeys(step for needed_by in missing.values() for step in needed_by))
    return f"not installed: {named}. Install it, or leave the steps out: WITHOUT='{without}'"


def change_problem(changes: str) -> str | None:
    """Return what `git status --porcelain` lists as not committed, in one line, or None."""
    if lines := changes.splitlines():
        return f"{len(lines)} files are not committed, such as {lines[0][3:]}"
    return None


def git(*arguments: str) -> str | None:
    """Return the output of git, or None when it fails."""
    command = ["git", "--no-optional-locks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.rstrip() if done.returncode == 0 else None


def main() -> int:
    """Check everything and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.release", description=__doc__.split("\n")[0])
    names = [URLS, *FIRST, *LAST]
    parser.add_argument("--without", action="append", default=[], metavar="step", help="a step to leave out")
    without = parser.parse_args().without
    if unknown := sorted({*without} - {*names}):
        print(f"release-check: WITHOUT names no step: {', '.join(unknown)}; the steps are {', '.join(names)}")
        return 2
    steps = [name for name in names if name not in without]
    version = package_version()
    changes = git("status", "--porcelain")
    if changes is None:
        print("release-check: this folder is not a git repository")
        return 1
    here, last = revisions.tags_here(ROOT), revisions.last_tag(ROOT)
    left_out = ", ".join(name for name in names if name in without)
    print(f"buildkite-rest {version}, after {last or 'no release'}{left_out and f', without {left_out}'}\n", flush=True)
    problem = (
        form_problem(version)
        or change_problem(changes)
        or version_problem(version, last, here, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        or (spec_problem(revisions.read_file(ROOT, last, SPEC), (ROOT / SPEC).read_text()) if last else None)
        or (placeholder_problem(pyproject()["project"].get("urls", {})) if URLS in steps else None)
        or command_problem(steps)
    )
    if problem:
        print(f"release-check: {problem}")
        return 1
    # A candidate may change anything, so the changes since the version before it decide.
    base = revisions.last_tag(ROOT, released=True) or last
    if not run([step for step in plan(base) if step.name not in without], LOGS):
        return 1
    print(INCOMPLETE.format(without=left_out) if left_out else NEXT_STEP.format(version=version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
