"""`python -m tests.conformance.planted SET [name …]` checks that the bugs of a set are visible to a client."""

import importlib
import sys
from collections import Counter

from tests.conformance.planted.mutant import Mutants, is_visible


def main() -> int:
    mutants: Mutants = importlib.import_module(f"tests.conformance.planted.{sys.argv[1]}").MUTANTS
    names = sys.argv[2:] or list(mutants)
    hidden = []
    for name in names:
        try:
            if not is_visible(mutants[name]):
                hidden.append(f"{name}: the witness passes with the bug")
        except Exception as error:
            hidden.append(f"{name}: {type(error).__name__}: {error}")
    print("\n".join(hidden))
    print(
        f"{len(names) - len(hidden)} of {len(names)} are visible;",
        dict(Counter(each.kind for each in mutants.values())),
    )
    return 1 if hidden else 0


if __name__ == "__main__":
    sys.exit(main())
