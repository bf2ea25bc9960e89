"""Compares the description with a checkout of Buildkite's documentation.

`python -m generator.docs_coverage PATH_TO_DOCS_CHECKOUT` lists documented operations that the description lacks, and
operations of the description that are not documented. Exit status: 0 they agree, 1 they differ, 2 the folder holds no
documentation.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Container, Iterator
from itertools import product
from pathlib import Path
from typing import TypeAlias

from .bundle import operations, read_bundle
from .errors import GenerationError

Shape: TypeAlias = tuple[str, str]
"""A method and a path whose parameters have no names."""

_PAGES = Path("pages/apis")
_CURL = re.compile(r"\bcurl\b(?P<options>[^`]*?)[\"']?https?://api\.buildkite\.com(?P<path>[^\s\"'`]*)")
_METHOD = re.compile(r"(?:-X|--request)\s*(?P<method>[A-Z]+)")
_HEAD = re.compile(r"(?<!\S)(?:-I|--head)(?!\S)")
_INDEX_ROW = re.compile(r"^(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE)\s*\|\s*`(?P<path>/[^`?]*)", re.MULTILINE)
_CODE_BLOCK = re.compile(r"^(?P<fence>`{3,})\w*\n(?P<code>.*?)^(?P=fence)", re.MULTILINE | re.DOTALL)

_CLUSTER = "/v2/organizations/{}/clusters/{}"
_TESTS = "/v2/analytics/organizations/{}/suites/{}/tests"

# What a page says and what it must mean; spec/DECISIONS.md has the reasons.
_CORRECTIONS: dict[tuple[str, Shape], Shape] = {
    ("maintainers.md", ("DELETE", _CLUSTER)): ("DELETE", f"{_CLUSTER}/maintainers/{{}}"),
    ("quarantine.md", ("PUT", f"{_TESTS}/skipped")): ("GET", f"{_TESTS}/skipped"),
}


def documented(docs: Path) -> dict[Shape, str]:
    """Return each operation that a page or the index of the REST API names, with the place that names it."""
    found: dict[Shape, str] = {}
    for page in [docs / _PAGES / "rest_api.md", *sorted((docs / _PAGES / "rest_api").rglob("*.md"))]:
        if not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        for offset, shape in _operations_on(text):
            line = text.count("\n", 0, offset) + 1
            found.setdefault(_CORRECTIONS.get((page.name, shape), shape), f"{page.relative_to(docs)}:{line}")
    return found


def _operations_on(text: str) -> Iterator[tuple[int, Shape]]:
    for block in _CODE_BLOCK.finditer(text):
        for command in _CURL.finditer(block["code"]):
            named = _METHOD.search(command["options"])
            method = named["method"] if named else "HEAD" if _HEAD.search(command["options"]) else "GET"
            yield block.start("code") + command.start(), shape_of(method, command["path"])
    for row in _INDEX_ROW.finditer(text):
        yield row.start(), shape_of(row["method"], row["path"])


def shape_of(method: str, path: str) -> Shape:
    """Drop the query, a slash at the end and the names of parameters."""
    plain = re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0]).rstrip("/")
    return method.upper(), plain or "/"


def _match(wanted: Shape, described: Container[Shape]) -> Shape | None:
    """Return the described operation that `wanted` names; an example may have values where parameters stand."""
    if wanted in described:
        return wanted
    method, path = wanted
    parts = path.split("/")
    for places in product(*(("{}", part) if part not in ("", "{}", "v2") else (part,) for part in parts)):
        if (shape := (method, "/".join(places))) in described:
            return shape
    return None


def main(argv: list[str] | None = None) -> int:
    """Print the differences and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.docs_coverage", description=__doc__)
    parser.add_argument("docs", type=Path, help="a checkout of the repository buildkite/docs")
    parser.add_argument("--spec", type=Path, default=Path(__file__).parent.parent / "spec")
    options = parser.parse_args(argv)
    wanted = documented(options.docs)
    if not wanted:
        print(f"{options.docs}: there is no documentation of the REST API in {_PAGES}/rest_api", file=sys.stderr)
        return 2
    try:
        document = read_bundle(options.spec).document
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 2
    described = {shape_of(each.method, each.path): each for each in operations(document)}
    matched = {shape: match for shape in wanted if (match := _match(shape, described)) is not None}
    missing = [(place, shape) for shape, place in wanted.items() if shape not in matched]
    extra = [
        shape
        for shape, each in described.items()
        if shape not in matched.values() and not each.node.get("x-undocumented")
    ]
    for place, (method, path) in sorted(missing):
        print(f"{place}: {method} {path} is not described")
    for method, path in sorted(extra):
        print(f"{method} {path} is described, but not documented")
    count = len(set(matched.values()))
    print(f"{count} documented operations are described, {len(missing)} are not; {len(extra)} are not documented")
    return 1 if missing or extra else 0


if __name__ == "__main__":
    sys.exit(main())
