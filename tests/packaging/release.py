"""`python -m tests.packaging.release` checks what must hold before a release, and tags and publishes nothing.

The steps run one after the other and the first that fails ends it. What they print goes to files in `.tools/release/`.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

from attrs import frozen
from packaging.version import Version
from tests.packaging.project import ROOT
from tests.packaging.versions import package_version

LOGS = ROOT / ".tools" / "release"
# `test` has the tests of conformance in it. Targets that the Makefile does not have are passed over.
FIRST = (
    "lint",
    "types",
    "check-generated",
    "test",
    "coverage",
    "docs",
    "test-browser",
    "test-peers",
    "lint-spec",
    "cross-check",
)
LAST = ("bench", "dist", "packaging")
TAIL_LINES = 20

BY_HAND = """
Everything holds. Go on with step 3 of the release in CONTRIBUTING.md: the tag is v{version}."""


@frozen
class Step:
    """A name and the command that must end with status 0."""

    name: str
    command: tuple[str, ...]


def targets(makefile: str) -> set[str]:
    """Return the targets that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))


def plan(known: set[str], last_tag: str | None) -> list[Step]:
    """Return the steps, for a Makefile with the targets `known`."""
    steps = [Step("versions", (sys.executable, "-m", "tests.packaging.versions"))]
    steps += [Step(name, ("make", name)) for name in FIRST if name in known]
    if last_tag is not None:
        options = "DIFF=--fail-on none --check-version"
        steps.append(Step(f"spec-diff {last_tag}", ("make", "spec-diff", f"BASE={last_tag}", options)))
    return [*steps, *(Step(name, ("make", name)) for name in LAST if name in known)]


def run(steps: list[Step], logs: Path) -> bool:
    """Run the steps until one fails, and tell whether none did."""
    logs.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(steps, 1):
        print(f"[{number:2}/{len(steps)}] {step.name:20}", end=" ", flush=True)
        log = logs / f"{step.name.replace(' ', '-')}.log"
        started = time.monotonic()
        with log.open("w", encoding="utf-8") as out:
            status = subprocess.run(step.command, cwd=ROOT, stdout=out, stderr=out, check=False).returncode
        print(f"{'ok' if status == 0 else 'FAILED':6} {time.monotonic() - started:4.0f} s", flush=True)
        if status != 0:
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()
            print("\n".join(said[-TAIL_LINES:]))
            left = ", ".join(later.name for later in steps[number:]) or "nothing"
            print(f"release-check: {step.name} failed; all it said is in {shown(log)}; not run: {left}")
            return False
    return True


def shown(path: Path) -> Path:
    """Return a path as somebody in the project's folder would write it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def in_the_way(changes: str, version: str, last_tag: str | None) -> str | None:
    """Return what keeps this tree from being released, in one line, or None."""
    if changes:
        return f"{len(changes.splitlines())} files are not committed, such as {changes.splitlines()[0][3:]}"
    if last_tag is not None and Version(version) <= Version(last_tag):
        return f"the version {version} is not above {last_tag}, the last tag; raise it in _version.py"
    return None


def git(*arguments: str) -> str | None:
    """Return what git says, or None when it fails."""
    command = ["git", "--no-optional-locks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.rstrip() if done.returncode == 0 else None


def main() -> int:
    """Check everything and return the exit status."""
    version = package_version()
    changes = git("status", "--porcelain")
    if changes is None:
        print("release-check: this is no git repository, so nothing can be released from it")
        return 1
    last_tag = git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    print(f"buildkite-rest {version}, after {last_tag or 'no release'}\n")
    if problem := in_the_way(changes, version, last_tag):
        print(f"release-check: {problem}")
        return 1
    if not run(plan(targets((ROOT / "Makefile").read_text(encoding="utf-8")), last_tag), LOGS):
        return 1
    print(BY_HAND.format(version=version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
