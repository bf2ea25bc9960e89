"""Files of other revisions of this repository, read with git."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

_VERSION_TAGS = "v[0-9]*"
_CANDIDATE_TAGS = "v*[abc][0-9]*"


class RevisionError(Exception):
    """A revision, or a file of it, cannot be read. The message is one line."""


def tags_here(repository: Path) -> list[str]:
    """Return the version tags of the current commit."""
    try:
        return _git(repository, "tag", "--points-at", "HEAD", "--list", _VERSION_TAGS).decode().split()
    except subprocess.CalledProcessError:  # there is no commit
        return []


def last_tag(repository: Path, *, released: bool = False) -> str | None:
    """Return the last version tag before the current commit, or None. Tags of the commit itself do not count.

    Args:
        repository: A clone.
        released: Leave out the tags of versions before a release, such as v1.0.0rc1.
    """
    excluded = [f"--exclude={tag}" for tag in tags_here(repository)]
    if released:
        excluded.append(f"--exclude={_CANDIDATE_TAGS}")
    try:
        found = _git(repository, "describe", "--tags", "--abbrev=0", f"--match={_VERSION_TAGS}", *excluded)
    except subprocess.CalledProcessError:
        return None
    return found.decode().strip()


def no_base(repository: Path) -> str:
    """Return what to print when there is no `last_tag`, in one line."""
    here = tags_here(repository)
    name = f"; name that of this commit to compare with it: BASE={here[-1]}" if here else ""
    return f"there is no version tag before this commit{name}"


def read_file(repository: Path, revision: str, path: str) -> bytes:
    """Return the content of a file of `revision`.

    Raises:
        RevisionError: There is no such revision, or it has no such file.
    """
    commit = _commit(repository, revision)
    try:
        return _git(repository, "show", f"{commit}:{path}")
    except subprocess.CalledProcessError:
        raise RevisionError(f"{revision} has no file {path}. Name a later revision.") from None


def extract(repository: Path, revision: str, folders: tuple[str, ...], target: Path) -> None:
    """Write `folders` of `revision` to `target`.

    Raises:
        RevisionError: There is no such revision, or it lacks one of the folders.
    """
    commit = _commit(repository, revision)
    try:
        archive = _git(repository, "archive", "--format=tar", commit, "--", *folders)
    except subprocess.CalledProcessError:
        raise RevisionError(
            f"{revision} lacks one of the folders {', '.join(folders)}. Name a later revision."
        ) from None
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(target, filter="data")


def _commit(repository: Path, revision: str) -> str:
    try:
        _git(repository, "rev-parse", "--git-dir")
    except subprocess.CalledProcessError:
        raise RevisionError(f"{repository.resolve()} is not in a git repository. Run this in a clone.") from None
    try:
        found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        message = f"{revision!r} is not a revision of this repository. Fetch it, or name a commit, branch or tag."
        raise RevisionError(message) from None
    return found.decode().strip()


def _git(repository: Path, *arguments: str) -> bytes:
    command = ["git", "--no-optional-locks", "-C", str(repository), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise RevisionError("git is not installed. Install it.") from None
