"""The page about the description names all that stands in it beyond OpenAPI."""

import re
from pathlib import Path

from tests.unit.client.description import document

PAGE = Path(__file__).parents[2] / "docs" / "spec.md"
#: What holds values, whose keys mean nothing to OpenAPI.
VALUES = {"const", "default", "enum", "example", "examples"}


def extensions(node, named=False):
    """Yield the extensions in a part of the description. In `named` parts the keys are names that somebody chose."""
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


def test_names_and_values_are_no_extensions():
    schema = {"properties": {"x-amz-date": {"x-secret": True}, "properties": {"properties": {"x-a": {}}}}}
    assert set(extensions({"schema": schema, "examples": {"one": {"x-b": 1}}})) == {"x-secret"}
