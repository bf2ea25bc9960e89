"""Compare the spec with its sources: checkouts of the documentation, the Go client and the Terraform provider.

Prints each difference that spec/DECISIONS.md has not decided, with its file and line, and how much of each source
agrees with the spec. With all three sources, also compares in the other direction: what the spec has and none of them.
Exit status: 0 no new differences, 1 new differences or outdated decisions, 2 a folder is not such a checkout, or a
file is invalid.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..bundle import read_bundle
from ..errors import GenerationError
from ..profile import CLIENT_REPOSITORY, DOCUMENTATION_REPOSITORY, TERRAFORM_PACKAGE, TERRAFORM_REPOSITORY
from .comparison import Comparison
from .decisions import outdated, read_decisions, undecided
from .documentation import read_documentation
from .facts import Evidence, NotASourceError
from .go_requests import read_client
from .report import columns, report
from .unsourced import compare_unsourced

_SOURCES: dict[str, tuple[str, Callable[[Path], Evidence]]] = {
    "docs": (DOCUMENTATION_REPOSITORY, read_documentation),
    "go": (CLIENT_REPOSITORY, lambda folder: read_client(folder, "go")),
    "terraform": (TERRAFORM_REPOSITORY, lambda folder: read_client(folder, "terraform", TERRAFORM_PACKAGE)),
}


def main(argv: list[str] | None = None) -> int:
    """Print the report and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.evidence", description=__doc__)
    for name, (repository, _) in _SOURCES.items():
        parser.add_argument(f"--{name}", type=Path, help=f"a checkout of {repository}")
    parser.add_argument("--spec", type=Path, default=Path("spec"), help="the folder of the spec (default: spec)")
    options = vars(parser.parse_args(argv))
    folders: dict[str, Path] = {name: options[name] for name in _SOURCES if options[name] is not None}
    if not folders:
        parser.error("name at least one checkout: --docs, --go or --terraform")
    try:
        evidence = [_SOURCES[name][1](folder) for name, folder in folders.items()]
        bundle = read_bundle(options["spec"])
        patterns = read_decisions(options["spec"])
    except (NotASourceError, GenerationError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    comparison = Comparison(bundle.document)
    for each in evidence:
        comparison.add(each)
    is_complete = folders.keys() == _SOURCES.keys()
    if is_complete:
        compare_unsourced(comparison, {page: words for each in evidence for page, words in each.words.items()})
    sources = columns([*folders], is_complete=is_complete)
    found = list(comparison.differences)
    new = undecided(found, patterns)
    old = outdated(found, patterns, set(sources))
    print("\n".join(report(bundle, comparison.differences, new, old, sources)))
    return 1 if new or old else 0


if __name__ == "__main__":
    sys.exit(main())
