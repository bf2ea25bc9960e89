"""Compare the spec with a checkout of the API's documentation.

`python -m generator.docs_coverage PATH_TO_DOCS_CHECKOUT` lists documented operations that are missing in the spec, and
operations of the spec that are not documented. Exit status: 0 they agree, 1 they differ, 2 there is no documentation in
the folder.
"""

import argparse
import re
import sys
from collections.abc import Container, Iterator
from itertools import product
from pathlib import Path

from .bundle import read_bundle
from .document import operations, without_parameter_names
from .errors import GenerationError
from .profile import API_HOST, DOCUMENTATION_CORRECTIONS, DOCUMENTATION_PAGES, DOCUMENTATION_REPOSITORY, Shape

_PAGES = Path(DOCUMENTATION_PAGES)
_CURL = re.compile(rf"\bcurl\b(?P<options>[^`]*?)[\"']?https?://{re.escape(API_HOST)}(?P<path>[^\s\"'`]*)")
_METHOD = re.compile(r"(?:-X|--request)\s*(?P<method>[A-Z]+)")
_HEAD = re.compile(r"(?<!\S)(?:-I|--head)(?!\S)")
_INDEX_ROW = re.compile(r"^(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE)\s*\|\s*`(?P<path>/[^`?]*)", re.MULTILINE)
_CODE_BLOCK = re.compile(r"^(?P<fence>`{3,})\w*\n(?P<code>.*?)^(?P=fence)", re.MULTILINE | re.DOTALL)


def documented_operations(docs: Path) -> dict[Shape, str]:
    """Return each operation on a page or in the index of the REST API, with the page and line that it is on."""
    pages: dict[Shape, str] = {}
    for page in [docs / _PAGES / "rest_api.md", *sorted((docs / _PAGES / "rest_api").rglob("*.md"))]:
        if not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        for offset, shape in _operations_on(text):
            line = text.count("\n", 0, offset) + 1
            pages.setdefault(
                DOCUMENTATION_CORRECTIONS.get((page.name, shape), shape), f"{page.relative_to(docs)}:{line}"
            )
    return pages


def _operations_on(text: str) -> Iterator[tuple[int, Shape]]:
    for block in _CODE_BLOCK.finditer(text):
        for command in _CURL.finditer(block["code"]):
            method_option = _METHOD.search(command["options"])
            method = method_option["method"] if method_option else "HEAD" if _HEAD.search(command["options"]) else "GET"
            yield block.start("code") + command.start(), shape_of(method, command["path"])
    for row in _INDEX_ROW.finditer(text):
        yield row.start(), shape_of(row["method"], row["path"])


def shape_of(method: str, path: str) -> Shape:
    """Leave out the query, a trailing slash and the names of parameters."""
    plain = without_parameter_names(path.partition("?")[0]).rstrip("/")
    return method.upper(), plain or "/"


def _match(shape: Shape, spec: Container[Shape]) -> Shape | None:
    """Return the operation of the spec that `shape` names; an example may have values in place of parameters."""
    if shape in spec:
        return shape
    method, path = shape
    parts = path.split("/")
    for segments in product(*(("{}", part) if part not in ("", "{}", "v2") else (part,) for part in parts)):
        if (candidate := (method, "/".join(segments))) in spec:
            return candidate
    return None


def main(argv: list[str] | None = None) -> int:
    """Print the differences and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.docs_coverage", description=__doc__)
    parser.add_argument("docs", type=Path, help=f"a checkout of the repository {DOCUMENTATION_REPOSITORY}")
    parser.add_argument("--spec", type=Path, default=Path("spec"), help="the folder of the spec (default: spec)")
    options = parser.parse_args(argv)
    pages = documented_operations(options.docs)
    if not pages:
        print(f"{options.docs}: no documentation of the REST API in {_PAGES}/rest_api", file=sys.stderr)
        return 2
    try:
        document = read_bundle(options.spec).document
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 2
    spec = {shape_of(each.method, each.path): each for each in operations(document)}
    matches = {shape: match for shape in pages if (match := _match(shape, spec)) is not None}
    missing = [(page, shape) for shape, page in pages.items() if shape not in matches]
    extra = [
        shape for shape, each in spec.items() if shape not in matches.values() and not each.node.get("x-undocumented")
    ]
    for page, (method, path) in sorted(missing):
        print(f"{page}: {method} {path} is not in the spec")
    for method, path in sorted(extra):
        print(f"{method} {path} is in the spec, but not documented")
    count = len(set(matches.values()))
    print(f"{count} documented operations are in the spec, {len(missing)} are missing; {len(extra)} are not documented")
    return 1 if missing or extra else 0


if __name__ == "__main__":
    sys.exit(main())
