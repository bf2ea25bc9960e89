"""Changes of the Python API, found in the sources of a small package."""

import pytest
from tests.packaging.api_diff import main, surface_changes
from tests.packaging.api_surface import read_surface
from tests.packaging.api_types import type_changes
from tests.packaging.changes import Severity, merged
from tests.packaging.repositories import commit
from tests.packaging.small_package import BOUND, CLIENT, FILES, MODEL, PARAM, RESOURCE, VERSION, WEBHOOKS, written

BREAKING, MINOR = Severity.BREAKING, Severity.MINOR


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return read_surface(written(tmp_path_factory.mktemp("base")))


def test_the_surface_has_the_names_that_users_know(base):
    assert set(base) == {
        *("Buildkite", "Buildkite.__init__", "AsyncBuildkite", "LampError", "Model", "Model.extra_fields"),
        *("lamps", "lamps.list", "lamps.delete", "async lamps", "async lamps.list", "async lamps.delete"),
        *("models.Color", "models.Lamp", "models.Lamp.id", "models.Lamp.level", "models.Lamp.owner"),
        *("params.Finish", "params.LampCreate", "params.LampCreate.color", "params.LampCreate.note"),
        *("OrganizationClient", "OrganizationClient.lamps.list", "OrganizationClient.lamps.delete"),
        *("params.Filter", "params.Filter.not"),
        *("webhooks.verify", "webhooks.read", "webhooks.first", "webhooks.chunks"),
    }


CASES = [
    (RESOURCE, "color: str | None = None", "color: str | None = None, hue: int = 0", [
        ("Added", MINOR, "the parameter `hue` of `lamps.list`"),
    ]),
    (RESOURCE, "def delete(self, room: str,", "def delete(self, room: str, hue: int,", [
        ("Added", BREAKING, "the parameter `hue` of `lamps.delete`, which is required"),
        ("Changed", BREAKING, "the parameter `id` of `lamps.delete` is at another position"),
    ]),
    (RESOURCE, ", *, color: str | None = None", "", [
        ("Removed", BREAKING, "the parameter `color` of `lamps.list`"),
    ]),
    (RESOURCE, "color: str | None = None", "color: str | None", [
        ("Changed", BREAKING, "the parameter `color` of `lamps.list` is required"),
    ]),
    (RESOURCE, "color: str | None", "color: str", [
        ("Changed", BREAKING, "the type of the parameter `color` of `lamps.list` is `str` instead of `str | None`"),
    ]),
    (RESOURCE, "color: str | None", "color: str | int | None", [
        ("Changed", MINOR,
         "the type of the parameter `color` of `lamps.list` is `str | int | None` instead of `str | None`"),
    ]),
    (RESOURCE, "list[models.Lamp]", "list[models.Lamp] | None", [
        ("Changed", BREAKING,
         "the type of the result of `lamps.list` is `list[models.Lamp] | None` instead of `list[models.Lamp]`"),
    ]),
    (RESOURCE, "def delete(", "def remove(", [
        ("Added", MINOR, "`lamps.remove`"),
        ("Removed", BREAKING, "`lamps.delete`"),
    ]),
    (RESOURCE, "    def list(", '    @deprecated("Use find.")\n    def list(', [("Deprecated", MINOR, "`lamps.list`")]),
    (RESOURCE, "    def list(", '    @deprecated_arguments(color=(None, "No."))\n    def list(', [
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`"),
    ]),
    (CLIENT, "timeout: float = 60", "timeout: float = 90", [
        ("Changed", BREAKING, "the parameter `timeout` of `Buildkite.__init__` is by default `90` instead of `60`"),
    ]),
    (CLIENT, "token: str, *, timeout", "*, token: str, timeout", [
        ("Changed", BREAKING, "the parameter `token` of `Buildkite.__init__` is keyword-only"),
    ]),
    (CLIENT, "(ValueError, RuntimeError)", "(ValueError)", [
        ("Changed", BREAKING, "`LampError` is not a subclass of `RuntimeError`"),
    ]),
    (CLIENT, "class LampError(ValueError, RuntimeError): ...", "def LampError(): ...", [
        ("Changed", BREAKING, "`LampError` is a function instead of a class"),
    ]),
    (CLIENT, "def _connect(self, host)", "def _open(self)", []),
    (RESOURCE, "def list(self, room: str, *,", "def list(self, room: str = '', *,", [
        ("Changed", MINOR, "the parameter `room` of `lamps.list` is optional"),
    ]),
    (RESOURCE, "room: str, *, color", "room: str, color", [
        ("Changed", MINOR, "the parameter `color` of `lamps.list` is positional or keyword instead of keyword-only"),
    ]),
    (RESOURCE, "    async def delete(self, room: str, id: str)", "    def delete(self, room: str, id: str)", [
        ("Changed", BREAKING, "`lamps.delete` is not async any more"),
    ]),
    (RESOURCE, "    def delete(self, room: str, id: str)", "    async def delete(self, room: str, id: str)", [
        ("Changed", BREAKING, "`lamps.delete` is async"),
    ]),
    (RESOURCE, "    def delete(self, room", "    @staticmethod\n    def delete(room", [
        ("Changed", BREAKING, "`lamps.delete` is a static method"),
    ]),
    (RESOURCE, "    def delete(self, room", "    @abstractmethod\n    def delete(self, room", [
        ("Changed", BREAKING, "`lamps.delete` is abstract"),
    ]),
    (RESOURCE, "    def delete(self, room", "    @contextmanager\n    def delete(self, room", [
        ("Changed", BREAKING, "`lamps.delete` is a context manager"),
    ]),
    (WEBHOOKS, "body: bytes, /", "content: bytes, /", []),
    (WEBHOOKS, "age: float = 300", "age: float = _AGE", []),
    (WEBHOOKS, "secret: str", "secret: _Secret", [
        ("Changed", MINOR, "the type of the parameter `secret` of `webhooks.verify` is `str | bytes` instead of `str`"),
    ]),
    (WEBHOOKS, "@overload\ndef read(body: bytes) -> dict[str, int]: ...\n", "", [
        ("Removed", BREAKING, "the overload `read(body: bytes) -> dict[str, int]` of `webhooks.read`"),
    ]),
    (WEBHOOKS, "def read(body: str)", "def read(body: int) -> int: ...\n@overload\ndef read(body: str)", [
        ("Added", MINOR, "the overload `read(body: int) -> int` of `webhooks.read`"),
    ]),
    (WEBHOOKS, "def read(body: bytes) -> dict[str, int]", "def read(body: bytes) -> dict[str, int] | None", [
        ("Changed", BREAKING,
         "the type of the result of `webhooks.read` is `dict[str, int] | None` instead of `dict[str, int]`"),
    ]),
    (WEBHOOKS, "def read(body: Any)", "def read(body: object)", []),
    (WEBHOOKS, 'T = TypeVar("T")', 'T = TypeVar("T", bound=str)', [
        ("Changed", BREAKING,
         "the type variable `T` of `webhooks.first` is `TypeVar('T', bound=str)` instead of `TypeVar('T')`"),
    ]),
    (WEBHOOKS, '    yield b""', "    return _chunks()", [("Changed", BREAKING, "`webhooks.chunks` is async")]),
    (WEBHOOKS, "async def chunks", "def chunks", []),
    (WEBHOOKS, "def hidden(", "def covered(", []),
    (BOUND, "    delete =", "    _delete =", [("Removed", BREAKING, "`OrganizationClient.lamps.delete`")]),
    (MODEL, "    level: int\n", "", [("Removed", BREAKING, "`models.Lamp.level`")]),
    (MODEL, "    level: int\n", "    level: int\n    lumen: int\n", [("Added", MINOR, "`models.Lamp.lumen`")]),
    (MODEL, "    level: int\n", "    level: int | None\n", [
        ("Changed", BREAKING, "the type of `models.Lamp.level` is `int | None` instead of `int`"),
    ]),
    (MODEL, "    owner: str | None = None\n", "    owner: str\n", [
        ("Changed", MINOR, "the type of `models.Lamp.owner` is `str` instead of `str | None`"),
    ]),
    (MODEL, 'Literal["red", "blue"]', 'Literal["red", "green"]', [
        ("Added", MINOR, "`'green'` in `models.Color`"),
        ("Removed", MINOR, "`'blue'` in `models.Color`"),
    ]),
    (MODEL, "class Lamp(Model):", '@deprecated_fields(level="Old.")\nclass Lamp(Model):', []),
    (MODEL, "    level: int\n", "    level: DeprecatedField[int]\n", [("Deprecated", MINOR, "`models.Lamp.level`")]),
    (MODEL, "class Lamp(Model)", "class Timed(Model): ...\nclass Lamp(Timed)", []),
    (PARAM, "note: NotRequired[str]", 'note: NotRequired[str]\n    """Deprecated. A note."""', [
        ("Deprecated", MINOR, "`params.LampCreate.note`"),
    ]),
    (PARAM, 'Literal["matt", "gloss"]', 'Literal["matt"]', [("Removed", BREAKING, "`'gloss'` in `params.Finish`")]),
    (PARAM, "note: NotRequired[str]", "note: str", [
        ("Changed", BREAKING, "the type of `params.LampCreate.note` is `str` instead of `NotRequired[str]`"),
    ]),
    (PARAM, "note: NotRequired[str]", "note: NotRequired[str]\n    size: int", [
        ("Added", BREAKING, "`params.LampCreate.size`, which is required"),
    ]),
    (PARAM, "note: NotRequired[str]", "note: NotRequired[str]\n    size: NotRequired[int]", [
        ("Added", MINOR, "`params.LampCreate.size`"),
    ]),
    (PARAM, "(TypedDict):\n    color: str", "(TypedDict, total=False):\n    color: Required[str]", []),
    (PARAM, "(TypedDict):", "(TypedDict, total=False):", [
        ("Changed", MINOR, "the type of `params.LampCreate.color` is `NotRequired[str]` instead of `str`"),
    ]),
    (PARAM, '"not": NotRequired[str]', '"not": str', [
        ("Changed", BREAKING, "the type of `params.Filter.not` is `str` instead of `NotRequired[str]`"),
    ]),
    (PARAM, '"not": NotRequired[str]}', '"not": NotRequired[str], "in": str}', [
        ("Added", BREAKING, "`params.Filter.in`, which is required"),
    ]),
    (PARAM, '"not": NotRequired[str]}', '"not": str}, total=False', []),
    (PARAM, "color: str", "color: NotRequired[str]", [
        ("Changed", MINOR, "the type of `params.LampCreate.color` is `NotRequired[str]` instead of `str`"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{old}-{new}" for _, old, new, _ in CASES])
def test_a_change_of_the_api_is_rated(tmp_path, base, case):
    file, old, new, expected = case
    assert old in FILES[file]
    revision = written(tmp_path, FILES | {file: FILES[file].replace(old, new)})
    found = merged(surface_changes(base, read_surface(revision)))
    assert [(change.section, change.severity, change.text) for change in found] == expected


def test_a_removed_method_is_listed_without_the_one_of_the_organization(tmp_path, base):
    changes = {RESOURCE: ("def delete(", "def _delete("), BOUND: ("    delete =", "    _delete =")}
    files = {file: FILES[file].replace(*pair) for file, pair in changes.items()}
    [change] = merged(surface_changes(base, read_surface(written(tmp_path, FILES | files))))
    assert change.text == "`lamps.delete`"


GONE = [
    (RESOURCE, "    def list(", '    @deprecated("Use find.")\n    def list(',
     "`lamps.list` is not deprecated any more"),
    (RESOURCE, "    def list(", '    @deprecated_arguments(color=(None, "No."))\n    def list(',
     "the parameter `color` of `lamps.list` is not deprecated any more"),
    (MODEL, "    level: int\n", "    level: DeprecatedField[int]\n", "`models.Lamp.level` is not deprecated any more"),
]  # fmt: skip


@pytest.mark.parametrize("case", GONE, ids=[new for _, _, new, _ in GONE])
def test_a_warning_that_is_gone_is_a_change(tmp_path, base, case):
    file, old, new, expected = case
    before = written(tmp_path, FILES | {file: FILES[file].replace(old, new)})
    [change] = merged(surface_changes(read_surface(before), base))
    assert change.text == expected
    assert change.severity is MINOR


@pytest.fixture
def repository(tmp_path):
    """A repository with the tag v0.1.0, in which a method has been removed since then."""
    commit(tmp_path, FILES, tag="v0.1.0")
    commit(tmp_path, {RESOURCE: FILES[RESOURCE].replace("def delete(", "def _delete(")})
    return tmp_path


def test_the_command_prints_lines_for_the_changelog(repository, capsys):
    assert main([], repository) == 0
    assert capsys.readouterr() == (
        "### Removed\n\n**Client**\n\n- **Breaking:** `lamps.delete`.\n",
        "api-diff: changes since v0.1.0: 1 breaking, 0 minor, 0 patch\n",
    )


def test_the_version_of_the_package_must_be_high_enough(repository, capsys):
    commit(repository, {VERSION: '__version__ = "0.1.1"\n'})
    assert main(["--check-version"], repository) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "api-diff: the version 0.1.1 is too low: breaking changes since 0.1.0 need 0.2.0 or above"
    )
    commit(repository, {VERSION: '__version__ = "0.2.0"\n'})
    assert main(["--check-version"], repository) == 0


def test_without_a_tag_there_is_nothing_to_compare(tmp_path, capsys):
    commit(tmp_path, FILES)
    assert main([], tmp_path) == 0
    assert capsys.readouterr() == ("", "api-diff: there is no version tag before this commit\n")


@pytest.mark.parametrize(
    ("files", "revision", "problem"),
    [
        ({}, "v9", "'v9' is not a revision of this repository. Fetch it, or name a commit, branch or tag."),
        ({"README.md": ""}, "old", "old lacks one of the folders overrides, generated. Name a later revision."),
        (
            {path: "" for path in FILES if path.endswith(("__init__.py", "_version.py"))},
            "old",
            "old has another layout, without 'model'. Name a later revision.",
        ),
        (FILES | {RESOURCE: "class Lamps:\n    def (self):\n"}, "old", f"old: {RESOURCE}:2: invalid syntax"),
    ],
)
def test_a_revision_that_cannot_be_read_is_one_line(tmp_path, capsys, files, revision, problem):
    commit(tmp_path, files, tag="old")
    commit(tmp_path, FILES)
    assert main([revision], tmp_path) == 2
    assert capsys.readouterr() == ("", f"api-diff: {problem}\n")


def test_a_syntax_error_of_this_revision_is_one_line(repository, capsys):
    (repository / RESOURCE).write_text("def (:\n")
    assert main([], repository) == 2
    assert capsys.readouterr() == ("", f"api-diff: {RESOURCE}:1: invalid syntax\n")


@pytest.mark.parametrize(
    ("old", "new", "is_sent", "severity"),
    [
        ("int | None", "float | None", True, MINOR),
        ("float", "int", True, BREAKING),
        ("float", "int", False, MINOR),
        ("int", "float", False, BREAKING),
        ("Literal['red']", "str", True, MINOR),
        ("str", "Literal['red']", True, BREAKING),
        ("list[str]", "Sequence[str]", True, MINOR),
        ("list[str]", "Sequence[int]", True, BREAKING),
        ("tuple[str, ...]", "Iterable[str]", True, MINOR),
        ("Mapping[str, int]", "dict[str, int]", True, BREAKING),
        ("Mapping[str, int]", "dict[str, int]", False, MINOR),
        ("str", "Any", True, MINOR),
        ("str", "Any", False, BREAKING),
        ("NotRequired[Any]", "Any", True, BREAKING),
        ("'str | None'", "str", True, BREAKING),
    ],
)
def test_a_type_accepts_the_values_of_a_narrower_one(old, new, is_sent, severity):
    [change] = type_changes("x", old, new, is_sent=is_sent)
    assert change.severity is severity
