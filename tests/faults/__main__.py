"""`python -m tests.faults [TEXT]`: print the table of attacks, those with TEXT in their names, and outcomes."""

from __future__ import annotations

import sys

from .cases import CASES
from .runner import FLAVOURS, Outcome, run_all


def _mark(found: Outcome) -> str:
    return " KNOWN" if found.known else " WRONG" * bool(found.problems)


def main() -> int:
    """Run the cases, print a row for each, and return the exit status."""
    cases = [case for case in CASES if all(text in case.name for text in sys.argv[1:])]
    width = max((len(case.name) for case in cases), default=0)
    print(f"{'case':<{width}}", *(f"{flavour:<20}" for flavour in FLAVOURS))
    outcomes = run_all([(case, flavour) for case in cases for flavour in FLAVOURS])
    wrong: list[str] = []
    known: list[str] = []
    for case in cases:
        row = [next(outcomes) for _ in FLAVOURS]
        print(f"{case.name:<{width}}", *(f"{found.name + _mark(found):<20}" for found in row))
        for flavour, found in zip(FLAVOURS, row, strict=True):
            told = [f"{case.name}, {flavour}: {problem}" for problem in found.problems]
            (known if found.known else wrong).extend(told)
        known += [f"  because: {case.known}"] * bool(case.known)
    print("", "known problems, which are not counted:", *known, "", "problems:", *wrong, sep="\n")
    print(f"\n{len(cases)} cases, {len(cases) * len(FLAVOURS)} cells, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
