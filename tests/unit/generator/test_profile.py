"""The profile of an API, which has all names and facts that the generator knows about it."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from generator import profile
from generator.errors import GenerationError
from generator.profile import project_profile, read_profile
from generator.runtime.ports import Operation

import buildkite_rest

GENERATOR = Path(profile.__file__).parent
FILES = [path for path in sorted(GENERATOR.rglob("*")) if path.suffix in (".py", ".jinja", ".jinja2")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GENERATOR).as_posix())
def test_no_module_names_buildkite(path):
    assert "buildkite" not in path.read_text(encoding="utf-8").lower()


def test_exceptions_are_those_of_the_client():
    names = project_profile().errors.exceptions.values()
    assert names
    assert [name for name in names if not hasattr(buildkite_rest, name)] == []


def test_kinds_of_pagination_are_those_of_the_runtime():
    assert set(get_args(get_type_hints(Operation)["pagination"])) == set(project_profile().paginations)


VALID = "package = '_moons'\npublic-package = 'moons'\nscope = '.+'\ndocumentation = ''\nundocumented = ''\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (VALID.replace("package = '_moons'\n", "", 1), "Object missing required field `package` [profile]"),
        (f"{VALID}packages = 1\n", "Object contains unknown field `packages` [profile]"),
        (f"{VALID}organization = 1\n", "Expected `str | null`, got `int` - at `$.organization` [profile]"),
        (f"{VALID}[pagination.pages]\nparameters = []\n", "Invalid enum value 'pages' - at `key` in `$.pagination`"),
        (f"{VALID}[errors]\nrequire = []\n", "Object contains unknown field `require` - at `$.errors` [profile]"),
        (
            f"{VALID}[[evidence.corrections]]\npage = 'moons.md'\nwritten = 'moons'\nmeant = 'GET /moons'\n",
            "Expected `str` matching regex '^[A-Z]+ /\\\\S*$' - at `$.evidence.corrections[0].written` [profile]",
        ),
        (VALID.replace(".+", "("), "missing ), unterminated subpattern at position 0 [profile]"),
        ("package", "Expected '=' after a key in a key/value pair (at end of document) [profile]"),
        ("package = '\xff'", "'utf-8' codec can't decode"),
    ],
)
def test_an_invalid_profile_is_one_line(text, message, tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(GenerationError) as caught:
        read_profile(tmp_path)
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"{path}: ")
    assert message in line


def test_a_profile_needs_no_facts_that_an_api_lacks(tmp_path):
    (tmp_path / "profile.toml").write_text(VALID, encoding="utf-8")
    found = read_profile(tmp_path)
    assert (found.organization, found.paginations, found.response_headers) == (None, {"none": None}, frozenset())


def test_a_spec_without_a_profile_is_one_line(tmp_path):
    with pytest.raises(GenerationError) as caught:
        read_profile(tmp_path)
    assert str(caught.value) == f"{tmp_path}/profile.toml: cannot be read: No such file or directory [profile]"
