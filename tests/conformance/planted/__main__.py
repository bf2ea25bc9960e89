"""Check the bugs of a set, or count those that the conformance runner finds."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Set

from tests.conformance.planted.missed import MISSED
from tests.conformance.planted.mutant import Mutants, is_visible
from tests.conformance.planted.run import Result, controls, load, run_all


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.planted", description=__doc__)
    parser.add_argument("set", help="module of the set, such as first_set")
    parser.add_argument("names", nargs="*", help="mutants (default: all)")
    parser.add_argument("--run", action="store_true", help="run the runner against them, by resource")
    parser.add_argument("--control", action="store_true", help="run it against the server without bugs")
    parser.add_argument("--whole", action="store_true", help="run it for all resources")
    parser.add_argument("--show", action="store_true", help="print the report of each mutant that is not found")
    options = parser.parse_args(arguments)
    try:
        mutants = load(options.set)
    except ModuleNotFoundError as error:
        parser.error(f"no set {options.set}: {error}")
    if unknown := set(options.names) - set(mutants):
        parser.error(f"no mutant of {options.set}: {', '.join(sorted(unknown))}")
    names = options.names or list(mutants)
    if options.control:
        failing = [each for each in run_all(options.set, controls(options.set)) if each.is_found]
        print("\n".join(each.out for each in failing) or "no failure without a bug")
        return 1 if failing else 0
    if options.run or options.whole:
        return _count(options.set, set(names), run_all(options.set, names, whole=options.whole), show=options.show)
    return _check(mutants, names)


def _check(mutants: Mutants, names: list[str]) -> int:
    hidden = []
    for name in names:
        try:
            if not is_visible(mutants[name]):
                hidden.append(f"{name}: the witness passes with the bug")
        except Exception as error:
            hidden.append(f"{name}: {type(error).__name__}: {error}")
    kinds = Counter(mutants[name].kind for name in names)
    print("\n".join([*hidden, f"{len(names) - len(hidden)} of {len(names)} are visible; {dict(kinds)}"]))
    return 1 if hidden else 0


def _count(name: str, names: Set[str], results: Iterable[Result], *, show: bool) -> int:
    total, found, missed = Counter[str](), Counter[str](), set[str]()
    for each in results:
        kind = each.mutant.kind
        total[kind] += 1
        found[kind] += each.is_found
        checks = ", ".join(sorted({check for _, check in each.failures})) or f"exit status {each.status}"
        verdict = "found" if each.is_named else "found elsewhere" if each.is_found else "MISSED"
        print(f"{verdict:<16}{kind:<8}{each.mutant.name}  {each.seconds:.0f} s  {checks}", flush=True)
        if not each.is_found:
            missed.add(each.mutant.name)
            if show:
                print(each.out)
    for kind in total:
        print(f"{kind}: {found[kind]} of {total[kind]}")
    print(f"all: {found.total()} of {total.total()}")
    if unexpected := missed ^ (MISSED.get(name, frozenset()) & names):
        print(f"missed.py differs: {', '.join(sorted(unexpected))}")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
