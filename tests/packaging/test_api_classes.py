"""Changes of classes: fields and the constructors that attrs, msgspec and dataclasses make of them, and bases."""

import pytest
from tests.packaging.api_diff import surface_changes
from tests.packaging.api_surface import read_surface
from tests.packaging.changes import Severity, merged
from tests.packaging.small_package import FILES, MODEL, PUBLIC, written

BREAKING, MINOR = Severity.BREAKING, Severity.MINOR
SETTINGS, BASES = "overrides/buildkite_rest/_settings.py", "overrides/buildkite_rest/_bases.py"

CLASSES = FILES | {
    PUBLIC: FILES[PUBLIC]
    + """
from ._settings import Dimming as Dimming
from ._settings import Fade as Fade
from ._settings import Hue as Hue
from ._settings import Plan as Plan
from ._settings import Point as Point
from ._settings import Room as Room
from ._settings import Size as Size
from ._settings import Source as Source
from ._settings import Step as Step
from ._settings import WARM as WARM
from ._bases import Broken as Broken
from ._bases import Stuck as Stuck
""",
    "generated/_buildkite_rest/model.py": """
from msgspec import Struct
class Model(Struct):
    @property
    def extra_fields(self) -> dict[str, object]: ...
""",
    MODEL: FILES[MODEL].replace("class Lamp(Model)", "class Lamp(Model, kw_only=True)"),
    SETTINGS: """
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import ClassVar, Final, Generic, NamedTuple, Protocol, TypeVar, final, runtime_checkable
import attrs
from attrs import define, field, frozen
from msgspec import Struct
from . import _limits
T = TypeVar("T")
_STEPS: Final = 4
WARM: Final = 2700
def _parsed(value: int | str) -> int: ...
class Hue(Enum):
    RED = 1
    BLUE = 2
class Source(Protocol):
    def read(self) -> bytes: ...
@frozen(kw_only=True)
class Dimming:
    unit: ClassVar[str] = "lumen"
    below: float = field(default=0.0, validator=_parsed)
    steps: int = _STEPS * 2
    limit: int = _limits.LIMIT
    names: list[str] = field(factory=list)
    _owner: str = field(default="ada", alias="owner")
    @property
    def is_off(self) -> bool: ...
    @cached_property
    def share(self) -> float: ...
@define
class Fade(Generic[T]):
    item: T
    seconds: float
    source: Source | None = None
    level: int = field(default=1, converter=_parsed)
    _log: list[str] = field(factory=list, init=False)
    curve: str = attrs.field()
    @curve.default
    def _linear(self) -> str: ...
    def __enter__(self) -> None: ...
    def play(self, source: Source) -> None: ...
class Point(NamedTuple):
    x: int
    y: int = 0
@dataclass(order=True)
class Size:
    width: int
    height: int = 0
class Entry(Struct, frozen=True, kw_only=True):
    name: str
class Room(Entry):
    lamp: str
class Plan:
    def __eq__(self, other: object) -> bool: ...
@define(eq=False)
class Step(Fade[T]):
    pause: float = 0
""",
    "overrides/buildkite_rest/_limits.py": "LIMIT = 9\n",
    BASES: """
class _Lost(ValueError): ...
class Broken(Exception): ...
class Stuck(Broken, _Lost): ...
""",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return read_surface(written(tmp_path_factory.mktemp("base"), CLASSES))


def changes_of(folder, base, file, *pairs):
    text = CLASSES[file]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    revision = read_surface(written(folder, CLASSES | {file: text}))
    return [(change.section, change.severity, change.text) for change in merged(surface_changes(base, revision))]


POSITIONAL = "positional or keyword instead of keyword-only"

CONSTRUCTORS = [
    ("default=0.0", "default=0.5", [
        ("Changed", BREAKING, "the parameter `below` of `Dimming.__init__` is by default `0.5` instead of `0.0`"),
    ]),
    ("default=0.0, ", "", [
        ("Changed", BREAKING, "the parameter `below` of `Dimming.__init__` is required"),
    ]),
    ("below: float", "below: int", [
        ("Changed", BREAKING, "the type of the parameter `below` of `Dimming.__init__` is `int` instead of `float`"),
        ("Changed", MINOR, "the type of `Dimming.below` is `int` instead of `float`"),
    ]),
    ("field(default=0.0, validator=_parsed)", "0.0", []),
    ("field(factory=list)", "field(factory=list[str])", []),
    ("_STEPS: Final = 4", "_STEPS: Final = 5", [
        ("Changed", BREAKING, "the parameter `steps` of `Dimming.__init__` is by default `5 * 2` instead of `4 * 2`"),
    ]),
    ("_STEPS", "_COUNT", []),
    ("_limits.LIMIT", "8", [
        ("Changed", BREAKING, "the parameter `limit` of `Dimming.__init__` is by default `8` instead of `9`"),
    ]),
    ("field(factory=list)", "field(factory=dict)", [
        ("Changed", BREAKING, "the parameter `names` of `Dimming.__init__` is by default `dict()` instead of `list()`"),
    ]),
    ("field(factory=list)", "field(factory=list, init=False)", [
        ("Removed", BREAKING, "the parameter `names` of `Dimming.__init__`"),
    ]),
    ('alias="owner"', 'alias="user"', [
        ("Added", MINOR, "the parameter `user` of `Dimming.__init__`"),
        ("Removed", BREAKING, "the parameter `owner` of `Dimming.__init__`"),
    ]),
    (', alias="owner"', "", []),
    ("    below: float", "    hue: int\n    below: float", [
        ("Added", BREAKING, "the parameter `hue` of `Dimming.__init__`, which is required"),
        ("Added", MINOR, "`Dimming.hue`"),
    ]),
    ("@frozen(kw_only=True)", "@frozen(kw_only=False)", [
        ("Changed", MINOR, f"the parameter `{name}` of `Dimming.__init__` is {POSITIONAL}")
        for name in ("below", "limit", "names", "owner", "steps")
    ]),
    ("@dataclass(order=True)", "@dataclass(order=True, kw_only=True)", [
        ("Changed", BREAKING, "the parameter `height` of `Size.__init__` is keyword-only"),
        ("Changed", BREAKING, "the parameter `width` of `Size.__init__` is keyword-only"),
    ]),
    ("    item: T\n    seconds: float\n", "    seconds: float\n    item: T\n", [
        ("Changed", BREAKING, "the parameter `item` of `Fade.__init__` and `Step.__init__` is at another position"),
        ("Changed", BREAKING, "the parameter `seconds` of `Fade.__init__` and `Step.__init__` is at another position"),
    ]),
    (", converter=_parsed", "", [
        ("Changed", BREAKING, f"the type of the parameter `level` of `{name}.__init__` is `int` instead of `int | str`")
        for name in ("Fade", "Step")
    ]),
    ("    @curve.default\n", "", [
        ("Changed", BREAKING, "the parameter `curve` of `Fade.__init__` and `Step.__init__` is required"),
    ]),
    ("    y: int = 0\n", "    y: int = 0\n    z: int = 0\n", [
        ("Added", BREAKING, "`Point.z`"),
        ("Added", MINOR, "the parameter `z` of `Point.__init__`"),
    ]),
    ("    name: str\n", "    title: str\n", [
        ("Added", BREAKING, "the parameter `title` of `Room.__init__`, which is required"),
        ("Added", MINOR, "`Room.title`"),
        ("Removed", BREAKING, "`Room.name`"),
        ("Removed", BREAKING, "the parameter `name` of `Room.__init__`"),
    ]),
    ("    y: int = 0\n", "    y: int\n", [("Changed", BREAKING, "the parameter `y` of `Point.__init__` is required")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CONSTRUCTORS, ids=[new for _, new, _ in CONSTRUCTORS])
def test_a_change_of_the_constructor_of_declared_fields_is_rated(tmp_path, base, old, new, expected):
    assert changes_of(tmp_path, base, SETTINGS, (old, new)) == expected


VARIABLE = "the type variable `T` of `Fade.__init__`, `Fade`, `Step.__init__` and 1 more"

ABILITIES = [
    ("@frozen(kw_only=True)", "@define(kw_only=True)", [
        ("Changed", BREAKING, "`Dimming` cannot be hashed"),
        ("Changed", MINOR, "`Dimming` can be changed"),
    ]),
    ("@define\n", "@frozen\n", [
        ("Changed", BREAKING, "`Fade` cannot be changed"),
        ("Changed", MINOR, "`Fade` can be hashed"),
    ]),
    ("@define(eq=False)", "@define", [
        ("Changed", BREAKING, "`Step` cannot be hashed"),
        ("Changed", BREAKING, "`Step` is compared by its fields"),
    ]),
    ("@dataclass(order=True)", "@dataclass(order=True, eq=False)", [
        ("Changed", BREAKING, "`Size` is not compared by its fields"),
        ("Changed", MINOR, "`Size` can be hashed"),
    ]),
    ("@dataclass(order=True)", "@dataclass(order=True, unsafe_hash=True)", [
        ("Changed", MINOR, "`Size` can be hashed"),
    ]),
    ("frozen=True, kw_only=True", "kw_only=True", [
        ("Changed", BREAKING, "`Room` cannot be hashed"),
        ("Changed", MINOR, "`Room` can be changed"),
    ]),
    ("class Room(Entry)", "class Room(Entry, frozen=True)", []),
    ("(self, other: object) -> bool: ...", "(self, other: object) -> bool: ...\n    def __hash__(self) -> int: ...", [
        ("Changed", MINOR, "`Plan` can be hashed"),
    ]),
    ("    def __eq__(", "    def __lt__(self, other: object) -> bool: ...\n    def __eq__(", [
        ("Changed", MINOR, "`Plan` can be ordered"),
    ]),
    ("class Plan:\n    def __eq__(self, other: object) -> bool: ...", "@define\nclass Plan: ...", [
        ("Added", MINOR, "`Plan.__init__`"),
    ]),
    ("@dataclass(order=True)", "@dataclass", [("Changed", BREAKING, "`Size` cannot be ordered")]),
    ("@frozen(kw_only=True)", "@final\n@frozen(kw_only=True)", [
        ("Changed", BREAKING, "`Dimming` cannot be subclassed"),
    ]),
    ("class Source", "@runtime_checkable\nclass Source", [
        ("Changed", MINOR, "`Source` can be an argument of `isinstance`"),
    ]),
    ("def read(self)", "def name(self) -> str: ...\n    def read(self)", [("Added", BREAKING, "`Source.name`")]),
    ("    def __enter__(self) -> None: ...\n", "", [("Removed", BREAKING, "`Fade.__enter__`")]),
    ("(Generic[T])", "", [
        ("Changed", BREAKING, "`Fade` is not a subclass of `Generic[T]`"),
        ("Changed", BREAKING, "`Step` is not a subclass of `Generic[T]`"),
    ]),
    ('TypeVar("T")', 'TypeVar("T", bound=str)', [
        ("Changed", BREAKING, f"{VARIABLE} is `TypeVar('T', bound=str)` instead of `TypeVar('T')`"),
    ]),
    ("RED = 1", "RED = 3", [("Changed", BREAKING, "the value of `Hue.RED` is `3` instead of `1`")]),
    ("    BLUE = 2\n", "", [("Removed", BREAKING, "`Hue.BLUE`")]),
    ("    BLUE = 2\n", "    BLUE = 2\n    GREEN = 3\n", [("Added", MINOR, "`Hue.GREEN`")]),
    ("WARM: Final = 2700", "WARM: Final = 3000", [
        ("Changed", MINOR, "the value of `WARM` is `3000` instead of `2700`"),
    ]),
    ('unit: ClassVar[str] = "lumen"', 'unit: ClassVar[str] = "lux"', [
        ("Changed", MINOR, "the value of `Dimming.unit` is `'lux'` instead of `'lumen'`"),
    ]),
    ('unit: ClassVar[str] = "lumen"', 'unit: str = field(default="lumen", init=False)', [
        ("Changed", BREAKING, "`Dimming.unit` is not an attribute of the class any more"),
    ]),
    ("    @property\n", "", [("Changed", BREAKING, "`Dimming.is_off` is a function instead of a property")]),
    ("    @property\n", "    @cached_property\n", [("Changed", MINOR, "`Dimming.is_off` can be assigned")]),
    ("    @cached_property\n", "    @property\n", [("Changed", BREAKING, "`Dimming.share` cannot be assigned")]),
    ("    @property\n    def is_off(self) -> bool: ...\n", "    is_off: bool = field(default=False, init=False)\n", [
        ("Changed", MINOR, "`Dimming.is_off` can be assigned"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ABILITIES, ids=[new for _, new, _ in ABILITIES])
def test_a_change_of_a_class_is_rated(tmp_path, base, old, new, expected):
    assert changes_of(tmp_path, base, SETTINGS, (old, new)) == expected


def test_a_constant_of_another_module_is_a_default(tmp_path, base):
    [(_, severity, text)] = changes_of(tmp_path, base, "overrides/buildkite_rest/_limits.py", ("9", "10"))
    assert severity is BREAKING
    assert text == "the parameter `limit` of `Dimming.__init__` is by default `10` instead of `9`"


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("class _Lost(ValueError)", "class _Lost(OSError)", ["`Stuck` is not a subclass of `ValueError`"]),
        ("class _Lost(ValueError)", "class _Lost(UnicodeError)", []),
        ("_Lost", "_Missing", []),
        ("class Stuck(Broken, _Lost)", "class Stuck(_Lost)", ["`Stuck` is not a subclass of `Broken`"]),
    ],
)
def test_an_indirect_base_class_is_compared(tmp_path, base, old, new, lost):
    assert changes_of(tmp_path, base, BASES, (old, new)) == [("Changed", BREAKING, text) for text in lost]


def test_a_method_may_move_to_a_public_base_class(tmp_path, base):
    moved = ("class Broken(Exception): ...", "class Broken(Exception):\n    def code(self) -> int: ...")
    before = CLASSES[BASES].replace(
        "class Stuck(Broken, _Lost): ...", "class Stuck(Broken, _Lost):\n    def code(self) -> int: ..."
    )
    old = read_surface(written(tmp_path / "before", CLASSES | {BASES: before}))
    assert changes_of(tmp_path / "after", old, BASES, moved) == [("Added", MINOR, "`Broken.code`")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("owner: str | None = None", "owner: str | None", [
            ("Changed", BREAKING, "the parameter `owner` of `models.Lamp.__init__` is required"),
        ]),
        ("level: int", "level: int\n    lumen: int", [("Added", MINOR, "`models.Lamp.lumen`")]),
        ("level: int", "level: bool", [
            ("Changed", MINOR, "the type of `models.Lamp.level` is `bool` instead of `int`"),
        ]),
        ("kw_only=True", "kw_only=True, frozen=True", [
            ("Changed", BREAKING, "`models.Lamp` cannot be changed"),
            ("Changed", MINOR, "`models.Lamp` can be hashed"),
        ]),
    ],
)  # fmt: skip
def test_the_constructor_of_a_model_may_gain_fields(tmp_path, base, old, new, expected):
    assert changes_of(tmp_path, base, MODEL, (old, new)) == expected


@pytest.mark.parametrize(
    "imported",
    ["from typing_extensions import deprecated", "from _elsewhere import deprecated"],
)
def test_a_function_that_replaces_an_imported_one_is_read(tmp_path, caplog, imported):
    text = f"{imported}\nif not TYPE_CHECKING:\n    def deprecated(message: str | None) -> type[int] | None: ...\n"
    read_surface(written(tmp_path, CLASSES | {"generated/_buildkite_rest/deprecation.py": text}))
    assert caplog.records == []
