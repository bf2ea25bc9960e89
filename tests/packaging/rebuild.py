"""Reproducible builds: `python -m tests.packaging.rebuild dist` builds the wheel and the sdist again and compares them.

The second build is of a copy in another folder, with other times and permissions of the files and another umask. It
prints the SHA-256 of each file, in the format of `sha256sum --check`. Exits with 1 if a file differs.

Files that are not committed are in the builds too, and named in a warning: the sums are not those of the commit.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from tests.packaging.project import ROOT, Distributions, build, copy_sources, distributions, disturb
from tests.packaging.versions import changes


def differing(first: Distributions, second: Distributions) -> list[str]:
    """Return the names of the files that are not the same in both builds."""
    pairs = ((first.sdist, second.sdist), (first.wheel, second.wheel))
    return [one.name for one, other in pairs if one.read_bytes() != other.read_bytes()]


def checksums(built: Distributions) -> list[str]:
    """Return a line for each file, in the format of `sha256sum`."""
    return [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in (built.sdist, built.wheel)]


def main() -> int:
    """Build again, compare, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.rebuild", description=__doc__.split("\n")[0])
    parser.add_argument("dist", type=Path, help="folder with the wheel and the sdist")
    built = distributions(parser.parse_args().dist)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_sources(Path(folder) / "elsewhere", ROOT)
        disturb(copy)
        again = build(copy, Path(folder) / "dist", epoch=int(epoch) if epoch else None, isolated=True, umask=0o077)
        if wrong := differing(built, again):
            print(f"not reproducible: {', '.join(wrong)} differs in a second build. Compare both with diffoscope.")
            return 1
    if found := changes(ROOT):
        print(f"warning: {len(found)} files are not committed; the builds may contain them", file=sys.stderr)
    print("\n".join(checksums(built)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
