"""docs/another-api.md shows the files of this folder, and lists what is generated and each key of the profile."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from generator.profile import Profile
from tests.docs.blocks import page

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "another-api.md"


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table below a title, without its head."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [re.split(r" *\| *", line) for line in table[1:]]


def keys(table: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Yield each key of the tables of a profile, and whether its table needs it."""
    for field in msgspec.structs.fields(table):
        parts = (field.type, *get_args(field.type))
        below = next((each for each in parts if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)
        name = f"{prefix}{field.encode_name}"
        if below is None:
            yield name, field.required
        else:
            yield from keys(below, f"{name}.*." if name == "pagination" else f"{name}.")


def test_the_listings_are_the_files_of_the_example():
    shown: dict[str, Any] = {block.language: block.text for block in page(PAGE)}
    assert shown["py"] == (FOLDER / "library.py").read_text(encoding="utf-8")
    assert shown["toml"] == (FOLDER / "spec" / "profile.toml").read_text(encoding="utf-8")


def test_each_generated_file_is_listed(out):
    listed = {name for row in rows("What is generated") for name in re.findall(r"`([^`]+)`", row[0])}
    assert listed - {"organization"} == {path.name for path in (out / "_library").iterdir()}
    assert [path.name for path in sorted(out.iterdir())] == ["MANIFEST.json", "_library"]


def test_each_key_of_the_profile_is_listed():
    table = {key.strip("`"): required.strip() == "yes" for key, required, _ in rows("The profile")}
    assert table == dict(keys(Profile))
