"""The page about the spec lists all of its extensions of OpenAPI, its forms, and what OpenAPI 3.0 lacks."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from docs.generate.spec_files import FORMS, problem, write
from tests.unit.client.openapi_document import document

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


def rows(heading):
    """Return the names in the first column of the table below a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {
        name for line in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall("`(.*?)`", line)
    }


def test_each_extension_has_a_row():
    assert set(extensions(document())) == rows("Extensions")


def test_each_difference_of_openapi_3_0_has_a_row():
    converted = json.loads((files("_buildkite_rest") / "openapi-3.0.json").read_bytes())
    assert set(converted["info"]["x-converted"]["differences"]) == rows("OpenAPI 3.0")
    assert set(extensions(converted)) == rows("Extensions") | {"x-converted"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("openapi")


@pytest.fixture(scope="module")
def written(folder):
    return write(folder)


def test_the_documents_are_written(written, folder):
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written


@pytest.mark.parametrize(
    "stem", [stem if stem == "openapi-3.0" else pytest.param(stem, marks=pytest.mark.exhaustive) for stem in FORMS]
)
def test_each_form_is_valid_and_on_the_page(stem, written):
    in_yaml, in_json = written[f"{stem}.yaml"], written[f"{stem}.json"]
    assert problem(stem, in_yaml, in_json) is None
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in (f"{stem}.yaml", f"{stem}.json") if name not in text] == []
