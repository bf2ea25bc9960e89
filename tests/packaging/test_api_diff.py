"""Changes of the Python API, found in the sources of a small package."""

import pytest
from generator.changes import Severity, merged
from tests.packaging.api_diff import main, surface_changes, type_changes
from tests.packaging.api_surface import read_surface
from tests.unit.generator.repositories import commit

BREAKING, MINOR = Severity.BREAKING, Severity.MINOR

CLIENT, RESOURCE = "overrides/buildkite_rest/_client.py", "generated/_buildkite_rest/resources/lamps.py"
MODEL, PARAM = "generated/_buildkite_rest/models/lamp.py", "generated/_buildkite_rest/params/lamp_create.py"
VERSION = "overrides/buildkite_rest/_version.py"

FILES = {
    VERSION: '__version__ = "0.1.0"\n',
    "overrides/buildkite_rest/__init__.py": """
from typing import TYPE_CHECKING
from ._version import __version__ as __version__
if TYPE_CHECKING:
    from ._public import *
""",
    "overrides/buildkite_rest/_public.py": """
from ._client import AsyncBuildkite as AsyncBuildkite
from ._client import Buildkite as Buildkite
from ._client import LampError as LampError
""",
    "overrides/buildkite_rest/webhooks.py": """
__all__ = ["verify"]
def verify(body: bytes, /, secret: str, *, age: float = 300) -> bool: ...
def hidden() -> None: ...
""",
    CLIENT: """
from functools import cached_property
from _buildkite_rest.resources.lamps import AsyncLamps, Lamps
class LampError(ValueError, RuntimeError): ...
class Buildkite:
    def __init__(self, token: str, *, timeout: float = 60) -> None: ...
    @cached_property
    def lamps(self) -> Lamps: ...
    def _connect(self, host): ...
class AsyncBuildkite:
    @cached_property
    def lamps(self) -> AsyncLamps: ...
""",
    "generated/_buildkite_rest/__init__.py": "",
    "generated/_buildkite_rest/model.py": """
class Model:
    @property
    def extra_fields(self) -> dict[str, object]: ...
""",
    "generated/_buildkite_rest/models/__init__.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .lamp import Color as Color
    from .lamp import Lamp as Lamp
__all__ = ["Color", "Lamp"]
""",
    MODEL: """
from typing import Literal, TypeAlias
from ..model import Model
Color: TypeAlias = Literal["red", "blue"]
class Lamp(Model):
    id: str
    level: int
    owner: str | None = None
""",
    "generated/_buildkite_rest/params/__init__.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .lamp_create import Finish as Finish
    from .lamp_create import LampCreate as LampCreate
__all__ = ["Finish", "LampCreate"]
""",
    PARAM: """
from typing import Literal, NotRequired, TypeAlias, TypedDict
Finish: TypeAlias = Literal["matt", "gloss"]
class LampCreate(TypedDict):
    color: str
    note: NotRequired[str]
""",
    "generated/_buildkite_rest/resources/__init__.py": "",
    RESOURCE: """
from .. import models
class Lamps:
    def list(self, room: str, *, color: str | None = None) -> list[models.Lamp]: ...
    def delete(self, room: str, id: str) -> None: ...
class AsyncLamps:
    def list(self, room: str, *, color: str | None = None) -> list[models.Lamp]: ...
    async def delete(self, room: str, id: str) -> None: ...
""",
}


def written(folder, files=FILES):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return read_surface(written(tmp_path_factory.mktemp("base")))


def test_the_surface_has_the_names_that_users_know(base):
    assert set(base) == {
        *("Buildkite", "Buildkite.__init__", "AsyncBuildkite", "LampError", "Model", "Model.extra_fields"),
        *("lamps", "lamps.list", "lamps.delete", "async lamps", "async lamps.list", "async lamps.delete"),
        *("models.Color", "models.Lamp", "models.Lamp.id", "models.Lamp.level", "models.Lamp.owner"),
        *("params.Finish", "params.LampCreate", "params.LampCreate.color", "params.LampCreate.note"),
        "webhooks.verify",
    }


RENAMED_FIELD = """
    lumen: int
    if TYPE_CHECKING:
        class _Level: ...
        level: _Level = OPTIONAL
        \"\"\"Former name of `lumen`.\"\"\"
"""

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
    (RESOURCE, "    def list(self, room: str, *, color:",
     '    @renamed_arguments(color=("hue", "Use hue."))\n    def list(self, room: str, *, hue:', [
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`, now `hue`"),
    ]),
    (RESOURCE, "    def list(self, room: str, *, color: str | None",
     '    @renamed_arguments(color=("hue", "Use hue."))\n    def list(self, room: str, *, hue: int | None', [
        ("Changed", BREAKING,
         "the type of the parameter `hue` of `lamps.list` is `int | None` instead of `str | None`"),
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`, now `hue`"),
    ]),
    (RESOURCE, "    def list(self, room: str, *, color: str | None = None)",
     '    @renamed_arguments(color=("hue", "Use hue."))\n    def list(self, room: str, *, hue: str | None)', [
        ("Changed", BREAKING, "the parameter `hue` of `lamps.list` is required"),
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`, now `hue`"),
    ]),
    (RESOURCE, "    def list(", '    @deprecated_arguments(color=(None, "No."))\n    def list(', [
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`"),
    ]),
    (RESOURCE, "    def list(self, room: str, *, color: str | None = None) -> list[models.Lamp]: ...", """
    def all(self, room: str, *, hue: str | None = None) -> list[models.Lamp]: ...
    @deprecated("`lamps.list` is now `lamps.all`.")
    @renamed_arguments(color=("hue", "Use hue."))
    def list(self, room: str, *, hue: str | None = None) -> list[models.Lamp]:
        \"\"\"List lamps. Former name of `all`.\"\"\"
""", [
        ("Deprecated", MINOR, "`lamps.list`, now `lamps.all`"),
        ("Deprecated", MINOR, "the parameter `color` of `lamps.list`, now `hue`"),
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
    ("overrides/buildkite_rest/webhooks.py", "def hidden(", "def covered(", []),
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
    (MODEL, "    level: int\n", RENAMED_FIELD, [("Deprecated", MINOR, "`models.Lamp.level`, now `models.Lamp.lumen`")]),
    (MODEL, "    level: int\n", RENAMED_FIELD.replace("lumen: int", "lumen: int | None"), [
        ("Changed", BREAKING, "the type of `models.Lamp.level` is `int | None` instead of `int`"),
        ("Deprecated", MINOR, "`models.Lamp.level`, now `models.Lamp.lumen`"),
    ]),
    (MODEL, "class Lamp(Model)", "class Timed(Model): ...\nclass Lamp(Timed)", []),
    (PARAM, "note: NotRequired[str]", 'note: NotRequired[str]\n    """Deprecated. A note."""', [
        ("Deprecated", MINOR, "`params.LampCreate.note`"),
    ]),
    (PARAM, 'Literal["matt", "gloss"]', 'Literal["matt"]', [("Removed", BREAKING, "`'gloss'` in `params.Finish`")]),
    (PARAM, "note: NotRequired[str]", "note: str", [
        ("Changed", BREAKING, "the type of `params.LampCreate.note` is `str` instead of `NotRequired[str]`"),
    ]),
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


GONE = [
    (RESOURCE, "    def list(", '    @deprecated("Use find.")\n    def list(',
     "`lamps.list` is not deprecated any more"),
    (RESOURCE, "    def list(", '    @deprecated_arguments(color=(None, "No."))\n    def list(',
     "the parameter `color` of `lamps.list` is not deprecated any more"),
    (RESOURCE, "    def list(", '    @renamed_arguments(tint=("color", "Use color."))\n    def list(',
     "the former name `tint` of the parameter `color` of `lamps.list`"),
    (MODEL, "    level: int\n", "    level: DeprecatedField[int]\n", "`models.Lamp.level` is not deprecated any more"),
]  # fmt: skip


@pytest.mark.parametrize("case", GONE, ids=[new for _, _, new, _ in GONE])
def test_a_warning_or_a_former_name_that_is_gone_is_a_change(tmp_path, base, case):
    file, old, new, expected = case
    before = written(tmp_path, FILES | {file: FILES[file].replace(old, new)})
    [change] = merged(surface_changes(read_surface(before), base))
    assert change.text == expected
    assert change.severity is (BREAKING if "former" in expected else MINOR)


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
    assert capsys.readouterr() == ("", "api-diff: there is no version tag to compare with\n")


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
    ],
)
def test_a_revision_that_cannot_be_read_is_one_line(tmp_path, capsys, files, revision, problem):
    commit(tmp_path, files, tag="old")
    commit(tmp_path, FILES)
    assert main([revision], tmp_path) == 2
    assert capsys.readouterr() == ("", f"api-diff: {problem}\n")


@pytest.mark.parametrize(
    ("old", "new", "is_sent", "severity"),
    [
        ("int | None", "float | None", True, MINOR),
        ("float", "int", True, BREAKING),
        ("float", "int", False, MINOR),
        ("int", "float", False, BREAKING),
        ("Literal['red']", "str", True, MINOR),
        ("str", "Literal['red']", True, BREAKING),
    ],
)
def test_a_type_accepts_the_values_of_a_narrower_one(old, new, is_sent, severity):
    [change] = type_changes("x", old, new, is_sent=is_sent)
    assert change.severity is severity
