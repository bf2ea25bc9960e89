"""`python -m tests.faults`: print the table of attacks and outcomes."""

from __future__ import annotations

import sys

from .cases import CASES
from .runner import FLAVOURS, run_all


def main() -> int:
    """Run all cases, print a row for each, and return the exit status."""
    width = max(len(case.name) for case in CASES)
    print(f"{'case':<{width}}", *(f"{flavour:<20}" for flavour in FLAVOURS))
    outcomes = run_all([(case, flavour) for case in CASES for flavour in FLAVOURS])
    wrong: list[str] = []
    for case in CASES:
        row = [next(outcomes) for _ in FLAVOURS]
        print(f"{case.name:<{width}}", *(f"{found.name + ' WRONG' * bool(found.problems):<20}" for found in row))
        for flavour, found in zip(FLAVOURS, row, strict=True):
            wrong += [f"{case.name}, {flavour}: {problem}" for problem in found.problems]
    print(f"\n{len(CASES)} cases, {len(CASES) * len(FLAVOURS)} cells, {len(wrong)} problems", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
