"""`python -m tests.conformance.mutants [word …]` lists the mutants and the checks that find them."""

import sys
import time

from rich.console import Console
from rich.table import Table
from tests.conformance.mutants.run import MUTANTS, run_all


def main() -> int:
    names = [name for name in MUTANTS if all(word in name for word in sys.argv[1:])]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("mutant", "found by", "seconds", ""):
        table.add_column(column)
    started, results = time.monotonic(), []
    for result in run_all(names):
        results.append(result)
        own = sorted({check for operation, check in result.checks if operation == result.mutant.operation})
        wanted = result.mutant.check
        shown = wanted if result.is_right and wanted else ", ".join(own)
        verdict = "" if result.is_right else f"WRONG: {result.status} instead of {wanted}"
        table.add_row(result.name, shown or "-", f"{result.seconds:.1f}", verdict or result.mutant.why)
        if not result.is_right and len(sys.argv) > 1:
            print(result.out)
    Console(width=170).print(table)
    hits = [each for each in results if each.is_right and each.mutant.check is not None]
    print(f"{len(hits)} of {len(results)} found, {time.monotonic() - started:.0f} s")
    return 0 if all(each.is_right for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
