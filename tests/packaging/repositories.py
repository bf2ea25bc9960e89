"""Git repositories of tests."""

import subprocess

_ENVIRONMENT = (
    *("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"),
    *("-c", "tag.gpgsign=false", "-c", "init.defaultBranch=main"),
)


def git(folder, *arguments):
    subprocess.run(["git", *_ENVIRONMENT, "-C", str(folder), *arguments], check=True, capture_output=True)


def commit(folder, files, tag=None):
    """Write files by their path, and commit them. Creates the repository at the first call."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=change")
    if tag:
        git(folder, "tag", tag)
