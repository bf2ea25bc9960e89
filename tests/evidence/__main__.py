"""Compare the spec with its sources: checkouts of Buildkite's documentation and of its Go client. Needs Go.

Prints each difference that spec/DECISIONS.md has not decided, with its file, and each decided one that is gone.
Exit status: 0 nothing to print, 1 differences or outdated decisions, 2 a folder is not such a checkout, or a file is
invalid.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from generator.bundle import read_bundle
from generator.errors import GenerationError
from tests.evidence.comparison import Comparison
from tests.evidence.documentation import read_documentation
from tests.evidence.facts import EVENT, Fact, heading_id, parameter_name, shape_of

_PROGRAM = Path(__file__).parent / "go_client.go"
_TYPES = {"bool": "boolean", "float": "number", "int": "integer", "string": "string"}
_TYPES |= {"[]": "array", "map": "object", "struct": "object"}


def read_client(folder: Path) -> list[Fact]:
    """Return the facts in the source of a Go client."""
    command = ["go", "run", str(_PROGRAM), str(folder)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    facts = []
    for method, path, kind, location, names, type_ in (json.loads(line).values() for line in output.splitlines()):
        is_event = method == EVENT
        if (is_event or path.startswith("v2/")) and (names or kind == "operation"):
            shape = (EVENT, path) if is_event else shape_of(method, path)
            plain = [parameter_name(names[0]), *names[1:]] if kind == "query" else names or ()
            facts.append(Fact("go", kind, shape, location, tuple(plain), _TYPES.get(type_, "")))
    return facts


def read_decisions(spec: Path) -> dict[str, re.Pattern[str]]:
    """Return the decided differences of `evidence.toml`, in which `*` is any text."""
    decided = tomllib.loads((spec / "evidence.toml").read_text(encoding="utf-8"))
    headings = re.findall(r"^###? (.+)$", (spec / "DECISIONS.md").read_text(encoding="utf-8"), re.MULTILINE)
    if unknown := decided.keys() - set(map(heading_id, headings)):
        raise ValueError(f"evidence.toml: {', '.join(sorted(unknown))}: not in DECISIONS.md")
    texts = [text for differences in decided.values() for text in differences]
    return {text: re.compile(re.escape(text).replace(r"\*", ".*")) for text in texts}


def main(argv: list[str] | None = None) -> int:
    """Print the report and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    parser.add_argument("--docs", type=Path, required=True, help="a checkout of the documentation")
    parser.add_argument("--go", type=Path, required=True, help="a checkout of the Go client")
    parser.add_argument("--spec", type=Path, default=Path("spec"), help="the folder of the spec (default: spec)")
    options = parser.parse_args(argv)
    try:
        decisions = read_decisions(options.spec)
        comparison = Comparison(read_bundle(options.spec).annotated())
        documented, words = read_documentation(options.docs)
        sources = [documented, read_client(options.go)]
    except (GenerationError, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    for facts in sources:
        if not facts:
            print("a checkout has no facts", file=sys.stderr)
            return 2
        comparison.add(facts)
    comparison.add_unsourced(words)
    found = comparison.differences
    new = [key for key in found if not any(pattern.fullmatch(key) for pattern in decisions.values())]
    old = [text for text, pattern in decisions.items() if not any(map(pattern.fullmatch, found))]
    lines = sorted(f"{found[key]}: {key}" for key in new)
    lines += [f"evidence.toml: {text!r} is no longer a difference" for text in old]
    facts = sum(map(len, sources))
    print(
        "\n".join([*lines, f"{facts} facts, {len(found)} differences: {len(found) - len(new)} decided, {len(new)} new"])
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
