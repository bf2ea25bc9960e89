"""Sources of a small package, whose changes the tests compare."""

CLIENT, RESOURCE = "overrides/buildkite_rest/_client.py", "generated/_buildkite_rest/resources/lamps.py"
BOUND = "generated/_buildkite_rest/organization/lamps.py"
MODEL, PARAM = "generated/_buildkite_rest/models/lamp.py", "generated/_buildkite_rest/params/lamp_create.py"
PUBLIC = "overrides/buildkite_rest/_public.py"
WEBHOOKS = "overrides/buildkite_rest/webhooks.py"
VERSION = "overrides/buildkite_rest/_version.py"

FILES = {
    VERSION: '__version__ = "0.1.0"\n',
    "overrides/buildkite_rest/__init__.py": """
from typing import TYPE_CHECKING
from ._version import __version__ as __version__
if TYPE_CHECKING:
    from ._public import *
""",
    PUBLIC: """
from ._client import AsyncBuildkite as AsyncBuildkite
from ._client import Buildkite as Buildkite
from ._client import LampError as LampError
from ._client import OrganizationClient as OrganizationClient
""",
    WEBHOOKS: """
from typing import Any, Final, TypeAlias, TypeVar, overload
__all__ = ["chunks", "first", "read", "verify"]
T = TypeVar("T")
_AGE: Final = 300
_Secret: TypeAlias = "str | bytes"
def verify(body: bytes, /, secret: str, *, age: float = 300) -> bool: ...
@overload
def read(body: str) -> list[int]: ...
@overload
def read(body: bytes) -> dict[str, int]: ...
def read(body: Any) -> Any: ...
def first(items: list[T]) -> T: ...
async def chunks() -> AsyncIterator[bytes]:
    yield b""
def hidden() -> None: ...
""",
    CLIENT: """
from functools import cached_property
from _buildkite_rest.organization.lamps import OrganizationLamps
from _buildkite_rest.resources.lamps import AsyncLamps, Lamps
class LampError(ValueError, RuntimeError): ...
class Buildkite:
    def __init__(self, token: str, *, timeout: float = 60) -> None: ...
    @cached_property
    def lamps(self) -> Lamps: ...
    def _connect(self, host): ...
class OrganizationClient:
    @cached_property
    def lamps(self) -> OrganizationLamps: ...
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
    from .lamp_create import Filter as Filter
    from .lamp_create import Finish as Finish
    from .lamp_create import LampCreate as LampCreate
__all__ = ["Filter", "Finish", "LampCreate"]
""",
    PARAM: """
from typing import Literal, NotRequired, TypeAlias, TypedDict
Finish: TypeAlias = Literal["matt", "gloss"]
class LampCreate(TypedDict):
    color: str
    note: NotRequired[str]
Filter = TypedDict("Filter", {"not": NotRequired[str]})
""",
    "generated/_buildkite_rest/organization/__init__.py": "",
    BOUND: """
from .bound import bound
from ..resources.lamps import Lamps
class OrganizationLamps:
    list = bound(Lamps.list)
    delete = bound(Lamps.delete)
""",
    "generated/_buildkite_rest/resources/__init__.py": "",
    RESOURCE: """
from abc import abstractmethod
from contextlib import contextmanager
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
