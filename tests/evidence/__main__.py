"""Compare the spec with its sources: checkouts of the documentation and of the Go client.

Prints each difference that spec/DECISIONS.md has not decided, with its file and line, and how much of each source
agrees with the spec. With both sources, also compares in the other direction: what the spec has and none of them.
Exit status: 0 no new differences, 1 new differences, outdated decisions or corrections, 2 a folder is not such a
checkout, or a file is invalid.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.bundle import Bundle, read_bundle
from generator.errors import GenerationError, Location, printable
from tests.evidence import documentation
from tests.evidence.comparison import Comparison, compare_links
from tests.evidence.differences import (
    FILE,
    KINDS,
    SPEC,
    Difference,
    Differences,
    Pattern,
    outdated,
    read_decisions,
    undecided,
)
from tests.evidence.documentation import read_documentation
from tests.evidence.facts import Evidence, NotASourceError
from tests.evidence.go_client import read_client
from tests.evidence.unsourced import compare_unsourced

_SOURCES: dict[str, tuple[str, Callable[[Path], Evidence]]] = {
    "docs": ("documentation", read_documentation),
    "go": ("Go client", read_client),
}


def main(argv: list[str] | None = None) -> int:
    """Print the report and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    for name, (description, _) in _SOURCES.items():
        parser.add_argument(f"--{name}", type=Path, help=f"a checkout of the {description}")
    parser.add_argument("--spec", type=Path, default=Path("spec"), help="the folder of the spec (default: spec)")
    options = vars(parser.parse_args(argv))
    folders: dict[str, Path] = {name: options[name] for name in _SOURCES if options[name] is not None}
    if not folders:
        parser.error("name at least one checkout: --docs or --go")
    try:
        evidence = [_SOURCES[name][1](folder) for name, folder in folders.items()]
        bundle = read_bundle(options["spec"])
        patterns = read_decisions(options["spec"])
    except (NotASourceError, GenerationError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(printable(f"{error.filename}: {error.strerror}"), file=sys.stderr)
        return 2
    document = bundle.annotated()
    comparison = Comparison(document)
    for each in evidence:
        comparison.add(each)
    if "docs" in folders:
        pages = folders["docs"] / Path(documentation.PAGES).parts[0]
        compare_links(comparison.differences, document, pages, documentation.BASE)
    is_complete = folders.keys() == _SOURCES.keys()
    if is_complete:
        compare_unsourced(comparison, {page: words for each in evidence for page, words in each.words.items()})
    compared = _columns([*folders], is_complete=is_complete)
    found = list(comparison.differences)
    new = undecided(found, patterns)
    old = outdated(found, patterns, set(compared))
    used = [correction for each in evidence for correction in each.corrected]
    unused = [each for each in documentation.CORRECTIONS if each not in used] if "docs" in folders else []
    lines = [f"{each.page}: {each.written!r} is not there any more. Remove its correction." for each in unused]
    print("\n".join([*lines, *_report(bundle, comparison.differences, new, old, compared)]))
    return 1 if new or old or unused else 0


def _report(
    bundle: Bundle,
    differences: Differences,
    new: Sequence[Difference],
    outdated: Sequence[Pattern],
    sources: Sequence[str],
) -> list[str]:
    """Return the lines of the report."""
    lines = sorted(f"{_location(each, bundle)}: {each.key}" for each in new)
    lines += [
        f"{FILE}: {each.text} is decided in {each.decision!r}, but is no longer a difference" for each in outdated
    ]
    found = list(differences)
    lines += [*_table(differences, found, sources)]
    decided = len(found) - len(new)
    lines.append(f"{len(found)} differences: {decided} decided, {len(new)} new; {len(outdated)} outdated decisions")
    return lines


def _location(difference: Difference, bundle: Bundle) -> Location:
    location = difference.location
    return location if isinstance(location, Location) else bundle.locate(location)


def _table(differences: Differences, found: Sequence[Difference], sources: Sequence[str]) -> list[str]:
    """Return for each kind and source how many subjects agree, of how many that were compared."""
    rows = [["", *sources]]
    for kind in KINDS:
        row = [kind]
        for source in sources:
            subjects = differences.subjects.get((source, kind), set())
            different = {each.subject for each in found if (each.source, each.kind) == (source, kind)}
            row.append(f"{len(subjects) - len(different)}/{len(subjects)}" if subjects else "-")
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _columns(sources: Sequence[str], *, is_complete: bool) -> list[str]:
    """Return the sources of the table; `spec` is what the spec has alone, known only if all sources were compared."""
    return [*sources, SPEC] if is_complete else list(sources)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written, so Ctrl-C may end it at once
    sys.exit(main())
