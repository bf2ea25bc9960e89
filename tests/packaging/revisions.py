"""Tags and files of this repository, read with git."""

import subprocess
from pathlib import Path

_VERSION_TAGS = "v[0-9]*"
_CANDIDATE_TAGS = "v*[abc][0-9]*"


class RevisionError(Exception):
    """A revision cannot be read. The message is one line."""


def tags_here(repository: Path) -> list[str]:
    """Return the version tags of the current commit."""
    return (_git(repository, "tag", "--points-at", "HEAD", "--list", _VERSION_TAGS) or "").split()


def last_tag(repository: Path, *, released: bool = False) -> str | None:
    """Return the last version tag before the current commit, or None. Tags of the commit itself do not count.

    Args:
        repository: A clone.
        released: Leave out the tags of versions before a release, such as v1.0.0rc1.
    """
    excluded = [f"--exclude={tag}" for tag in [*tags_here(repository), *([_CANDIDATE_TAGS] if released else [])]]
    found = _git(repository, "describe", "--tags", "--abbrev=0", f"--match={_VERSION_TAGS}", *excluded)
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
