"""`python -m tests.packaging.latest`: name the newer packages that broke `make test LATEST=1`.

Installs the packages that differ from the lock in its versions, ever fewer of them, as long as the tests that failed
pass. Exits with 1.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name
from tests.packaging.project import ROOT, locked

ENVIRONMENT = Path(sys.prefix)
FAILED = ENVIRONMENT / ".pytest_cache" / "v" / "cache" / "lastfailed"


def culprits(packages: Sequence[str], pass_with: Callable[[Sequence[str]], bool]) -> list[str]:
    """Return the packages that must have the version of the lock for tests to pass, or none if that is not enough.

    Args:
        packages: Those that differ from the lock.
        pass_with: Whether the tests pass when these packages have the version of the lock.
    """
    found = [*packages] if pass_with(packages) else []
    size = (len(found) + 1) // 2
    while size and len(found) > 1:
        start = 0
        while start < len(found):
            rest = [*found[:start], *found[start + size :]]
            if rest and pass_with(rest):
                found = rest
            else:
                start += size
        size //= 2
    return found


def main() -> int:
    """Print the packages that differ from the lock, then those that broke the tests."""
    installed = {canonicalize_name(each.name): each.version for each in distributions()}
    newer = {name: (old, installed[name]) for name, old in locked().items() if installed.get(name, old) != old}
    failed = json.loads(FAILED.read_bytes()) if FAILED.exists() else {}
    arguments = ENVIRONMENT / "failed-tests.txt"
    # If nothing failed, pytest did not get as far as that.
    arguments.write_text("\n".join(failed or ["--collect-only"]), encoding="utf-8")

    def pass_with(names: Sequence[str]) -> bool:
        pins = [f"{name}=={old if name in names else new}" for name, (old, new) in newer.items()]
        print(f"trying the versions of the lock of {len(names)} packages …", flush=True)
        return all(
            subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, check=False).returncode == 0
            for command in (
                ["pip", "install", "--disable-pip-version-check", "--no-deps", *pins],
                ["pytest", "-p", "no:cacheprovider", f"@{arguments}"],
            )
        )

    def listed(names: Sequence[str]) -> str:
        return ", ".join(f"{name} {' → '.join(newer[name])}" for name in names)

    print(f"newer than in the lock: {listed([*newer]) or 'nothing'}", flush=True)
    found = culprits([*newer], pass_with) if newer else []
    print(f"broken by: {listed(found)}" if found else "not broken by newer packages: the same tests fail with the lock")
    return 1


if __name__ == "__main__":
    sys.exit(main())
