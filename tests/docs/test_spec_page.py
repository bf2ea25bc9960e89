"""The page about the spec lists all of its extensions of OpenAPI."""

import re
from pathlib import Path

from tests.unit.client.description import document

PAGE = Path(__file__).parents[2] / "docs" / "spec.md"
#: Keywords with values, whose keys have no meaning in OpenAPI.
VALUES = {"const", "default", "enum", "example", "examples"}


def extensions(node, named=False):
    """Yield the extensions in a part of the spec. In `named` parts, keys are names and not keywords."""
    if isinstance(node, list):
        for each in node:
            yield from extensions(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if not named and key.startswith("x-"):
                yield key
            elif named or key not in VALUES:
                yield from extensions(value, named=not named and key == "properties")


def test_each_extension_has_a_row():
    table = PAGE.read_text(encoding="utf-8").partition("## Extensions")[2].partition("##")[0]
    rows = {
        name for line in re.findall(r"^\| (`x-.*?) \|", table, re.MULTILINE) for name in re.findall("`(.*?)`", line)
    }
    assert set(extensions(document())) == rows
