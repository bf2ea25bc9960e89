"""The profile of an API, which has all names and facts that the generator knows about it."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from generator import profile
from generator.errors import GenerationError
from generator.profile import project_profile, read_profile
from generator.runtime.ports import Operation
from generator.steps import load

import buildkite_rest

GENERATOR = Path(profile.__file__).parent
FILES = [path for path in sorted(GENERATOR.rglob("*")) if path.suffix in (".py", ".jinja", ".jinja2")]


def test_no_module_names_buildkite():
    assert [path for path in FILES if "buildkite" in path.read_text(encoding="utf-8").lower()] == []


def test_exceptions_are_those_of_the_client():
    names = project_profile().errors.exceptions.values()
    assert names
    assert [name for name in names if not hasattr(buildkite_rest, name)] == []


def test_kinds_of_pagination_are_those_of_the_runtime():
    assert set(get_args(get_type_hints(Operation)["pagination"])) == set(project_profile().paginations)


URLS = ("", "help", "https://moons.example/help", "https:///help/", "https://moons.example/a b/")
PACKAGES = ("/tmp/x/moons", "../moons", "1moons", "a-b", "a.b", "", "class", "json", "msgspec")
VALID = """package = '_moons'
public-package = 'moons'
scope = '.+'
documentation = 'https://moons.example/'
undocumented = ''
"""


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
        (VALID.replace(".+", "("), "scope is not a regular expression: missing ), unterminated subpattern"),
        *((VALID.replace("_moons", name), "package must be a Python name") for name in PACKAGES),
        (VALID.replace("'moons'", "'moons of mars'"), "public-package must be another Python name"),
        (VALID.replace("'_moons'", "'moons'"), "public-package must be another Python name"),
        (f"organization = '{{planet}}'\n{VALID}", "organization must be the snake_case name of a path parameter"),
        (f"organization-path = '/planets/{{planet}}'\n{VALID}", "organization-path must be a path with the parameter"),
        (f"client-attributes = ['a b']\n{VALID}", "client-attributes must be Python names, not 'a b'"),
        (VALID.replace("undocumented = ''", "undocumented = '''\"\"\"'''"), "undocumented must be one line without"),
        (f"{VALID}[parameter-notes]\nname = 'a\\b'\n", "parameter-notes.name must be one line without"),
        (f"{VALID}[pagination.link]\nparameters = []\n", "pagination.link.parameters must not be empty"),
        (
            f"{VALID}[pagination.link]\nparameters = []\nheader = 'Link'\n",
            "pagination.link.parameters must not be empty",
        ),
        *((VALID.replace("https://moons.example/", url), "documentation must be the URL of a folder") for url in URLS),
        (f"{VALID}[pagination.link]\nparameters = ['']\n", "pagination.link has an empty name"),
        (f"status-without-headers = '401'\n{VALID}", "status-without-headers: 401 is not in errors.responses"),
        (f"{VALID}[errors]\nrequired = ['418']\n", "errors.required: 418 is not in errors.responses"),
        (f"{VALID}[errors]\nrequired-with-input = ['a']\n", "errors.required-with-input: a is not in errors.responses"),
        (f"{VALID}[errors.responses]\n200 = 'OK'\n", "errors.responses.200 must be an error status"),
        (f"{VALID}[errors.exceptions]\nabc = 'X'\n", "errors.exceptions.abc must be a status between 400 and 499"),
        (f"{VALID}[errors.exceptions]\n401 = 'No Token'\n", "errors.exceptions.401 must be"),
        (f"{VALID}[errors.exceptions]\n404 = ''\n", "errors.exceptions.404 must be"),
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


def test_each_problem_of_a_profile_is_a_line(tmp_path):
    text = VALID.replace("_moons", "a-b").replace(".+", "[")
    (tmp_path / "profile.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GenerationError) as caught:
        read_profile(tmp_path)
    assert [str(problem).count("[profile]") for problem in caught.value.problems] == [1, 1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scope =", "organization = 'gardn'\nscope =", "organization: no path has the parameter gardn"),
        ('per_page = "This', 'perpage = "This', "parameter-notes: no paginated operation has the parameter perpage"),
        (
            '404 = "NotFound"',
            '404 = "NotFoundd"',
            "errors.responses.404: the components have no response NotFoundd; did",
        ),
        (
            '"page", "per_page"',
            '"pag", "per_page"',
            "pagination.link.parameters: no operation has the parameter pag; did",
        ),
        ('header = "Link"', 'header = "Lnk"', "pagination.link.header: no response has the header Lnk; did you mean"),
        ('404 = "NotFound"', '404 = "NotFound"\n410 = "Gone"', "errors.responses.410: the components have no response"),
    ],
)
def test_a_name_that_the_spec_lacks_is_a_problem(old, new, message, edited):
    spec = edited(("profile.toml", old, new))
    with pytest.raises(GenerationError) as caught:
        load(spec)
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"{spec}/profile.toml: {message}")


def test_a_profile_needs_no_facts_that_an_api_lacks(tmp_path):
    (tmp_path / "profile.toml").write_text(VALID, encoding="utf-8")
    found = read_profile(tmp_path)
    assert (found.organization, found.paginations, found.response_headers) == (None, {"none": None}, frozenset())


def test_a_spec_without_a_profile_is_one_line(tmp_path):
    with pytest.raises(GenerationError) as caught:
        read_profile(tmp_path)
    assert str(caught.value) == f"{tmp_path}/profile.toml: cannot be read: No such file or directory [profile]"
