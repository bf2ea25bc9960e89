"""Print the changes of the spec since a revision, as lines for CHANGELOG.md.

Compares openapi.json of the generated package with that of the revision. Exit status: 0 the revisions were compared,
1 the version of the spec is too low for its changes (with --check-version), 2 the revision cannot be read.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from ..buildkite import PACKAGE
from ..changes import markdown, summary, version_problem
from ..errors import GenerationError
from ..output import write_all
from ..revisions import RevisionError, last_tag, no_base, read_file
from .operations import document_changes


def main(argv: list[str] | None = None, repository: Path = Path()) -> int:
    """Print the changes and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.spec_diff", description=__doc__)
    parser.add_argument("base", nargs="?", help="a commit, branch or tag (default: the last version tag)")
    parser.add_argument(
        "--check-version", action="store_true", help="fail if `info.version` is too low for the changes"
    )
    options = parser.parse_args(argv)
    try:
        base = options.base or last_tag(repository)
        if base is None:
            print(f"spec-diff: {no_base(repository)}", file=sys.stderr)
            return 0
        path = document_path()
        before = _document(read_file(repository, base, path), f"{path} of {base}", "Name another revision")
        after = _document((repository / path).read_bytes(), path, "Run `make generate`")
    except (GenerationError, RevisionError) as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"spec-diff: {error.filename}: {error.strerror}. Run `make generate`.", file=sys.stderr)
        return 2
    changes = list(document_changes(before, after))
    write_all(markdown(changes, "Spec").encode())
    print(f"spec-diff: {summary(changes, base)}", file=sys.stderr)
    problem = version_problem(changes, _version(before), _version(after)) if options.check_version else None
    if problem:
        print(f"spec-diff: info.version in spec/openapi.yaml: {problem}", file=sys.stderr)
    return 1 if problem else 0


def document_path() -> str:
    """Return the path of the document in the repository."""
    return f"generated/{PACKAGE}/openapi.json"


def _document(content: bytes, name: str, remedy: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document.keys() >= {"info", "paths", "components"}:
        raise RevisionError(f"{name} is not an OpenAPI document. {remedy}.")
    return document


def _version(document: dict[str, Any]) -> str:
    return str(document["info"]["version"])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written, so Ctrl-C may end it at once
    sys.exit(main())
