"""Compare the spec with its sources: checkouts of the documentation and of the Go client.

Prints each difference that spec/DECISIONS.md has not decided, with its file and line, and how much of each source
agrees with the spec. With both sources, also compares in the other direction: what the spec has and none of them.
Exit status: 0 no new differences, 1 new differences, outdated decisions or corrections, 2 a folder is not such a
checkout, or a file is invalid.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from generator.buildkite import DOCUMENTATION
from generator.bundle import read_bundle
from generator.errors import GenerationError, printable
from tests.evidence import sources
from tests.evidence.comparison import Comparison
from tests.evidence.decisions import outdated, read_decisions, undecided
from tests.evidence.documentation import read_documentation
from tests.evidence.facts import Evidence, NotASourceError
from tests.evidence.go_requests import read_client
from tests.evidence.links import compare_links
from tests.evidence.report import columns, report
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
        pages = folders["docs"] / Path(sources.PAGES).parts[0]
        compare_links(comparison.differences, document, pages, DOCUMENTATION)
    is_complete = folders.keys() == _SOURCES.keys()
    if is_complete:
        compare_unsourced(comparison, {page: words for each in evidence for page, words in each.words.items()})
    compared = columns([*folders], is_complete=is_complete)
    found = list(comparison.differences)
    new = undecided(found, patterns)
    old = outdated(found, patterns, set(compared))
    used = [correction for each in evidence for correction in each.corrected]
    unused = [each for each in sources.CORRECTIONS if each not in used] if "docs" in folders else []
    lines = [f"{each.page}: {each.written!r} is not there any more. Remove its correction." for each in unused]
    print("\n".join([*lines, *report(bundle, comparison.differences, new, old, compared)]))
    return 1 if new or old or unused else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written, so Ctrl-C may end it at once
    sys.exit(main())
