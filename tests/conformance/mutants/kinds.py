"""Mutants, and functions to write most of them."""

from collections.abc import Callable
from typing import Any

from attrs import frozen
from tests.conformance.runner_support import Bug, Request, Response, change

ORGANIZATION = "/v2/organizations/*"
PIPELINES = f"{ORGANIZATION}/pipelines"
PIPELINE = f"{PIPELINES}/*"
BUILDS = f"{PIPELINE}/builds"
BUILD = f"{BUILDS}/*"
TEAMS, TEAM = f"{ORGANIZATION}/teams", f"{ORGANIZATION}/teams/*"
CLUSTERS, CLUSTER = f"{ORGANIZATION}/clusters", f"{ORGANIZATION}/clusters/*"
SUITES = "/v2/analytics/organizations/*/suites"
REGISTRIES = "/v2/packages/organizations/*/registries"

NEVER = "never succeeded"
"""In place of a check: the run is incomplete if an operation never succeeds."""

EXAMPLES = ("--phases", "examples")
COVERAGE = ("--phases", "examples,coverage")
WRITING = ("--write", "--write-existing", "all", *COVERAGE)
LIFECYCLE = ("--write", "--write-existing", "all", "--phases", "lifecycle")
EFFECTS = ("--write", "--write-existing", "all", "--phases", "effects")
LISTS = ("--phases", "lists")
FILTERS = ("--phases", "filters")
AGREEMENT = ("--phases", "agreement")
ACCESS = ("--write", "--write-existing", "all", "--phases", "access")
HEADERS = ("--phases", "headers")
ERRORS = ("--phases", "errors")
REFUSALS = ("--write", "--write-existing", "all", "--phases", "refusals")
STATUSES = ("--write", "--write-existing", "all", "--phases", "statuses")
STATEFUL = ("--write", "--write-existing", "all", "--phases", "stateful", "--max-examples", "100")


@frozen
class Mutant:
    """A planted bug, the operation and check that find it, and the options they need."""

    operation: str
    check: str | None
    """None for an undetectable bug, which `why` explains."""
    options: tuple[str, ...]
    bug: Callable[[], Bug] | None = None
    """Makes the middleware between mock and runner. A bug with state needs a new one for each run."""
    edit: Callable[[dict[str, Any]], None] | None = None
    """Changes the spec of the runner."""
    include: tuple[str, ...] = ()
    """Further operations to test."""
    signed: bool = False
    """Whether requests are signed with a key."""
    recent: bool = False
    """Whether the builds have just finished. Otherwise some lists of recent objects are empty."""
    why: str = ""

    @property
    def kind(self) -> str:
        return "spec" if self.bug is None else "server"


def server(
    operation: str, check: str | None, options: tuple[str, ...], bug: Callable[[], Bug] | Bug, **more: Any
) -> Mutant:
    """Return a mutant of the mock, with a bug without state."""
    return Mutant(operation, check, options, bug=lambda: bug, **more)  # type: ignore[return-value]


def remembering(
    operation: str, check: str | None, options: tuple[str, ...], bug: Callable[[], Bug], **more: Any
) -> Mutant:
    """Return a mutant of the mock, with a bug that has state."""
    return Mutant(operation, check, options, bug=bug, **more)


def with_state(new: Callable[[], Any], wrong: Callable[[Any, Request, Response], None]) -> Callable[[], Bug]:
    """Return what makes a bug that changes each response, with a new state for each run."""

    def make() -> Bug:
        state = new()
        return change(lambda request, response: wrong(state, request, response))

    return make


def on(method: str, path: str, wrong: Callable[[Response], None], status: int = 200) -> Bug:
    """Make a bug that spoils the responses of one operation with this status."""

    def spoil(request: Request, response: Response) -> None:
        if request.matches(method, path) and response.status == status:
            wrong(response)

    return change(spoil)


def status(code: int) -> Callable[[Response], None]:
    """Spoil the status."""

    def wrong(response: Response) -> None:
        response.status = code

    return wrong


def header(name: str, value: str | None) -> Callable[[Response], None]:
    """Spoil or remove a header."""
    return lambda response: response.set_header(name.encode(), None if value is None else value.encode())


def raw(content: bytes, content_type: str = "application/json") -> Callable[[Response], None]:
    """Replace the body."""

    def wrong(response: Response) -> None:
        response.body = content
        response.set_header(b"content-type", content_type.encode())

    return wrong


def body(edit: Callable[[Any], Any]) -> Callable[[Response], None]:
    """Replace the body with the result of `edit`, or let it edit in place."""

    def wrong(response: Response) -> None:
        value = response.json
        edited = edit(value)
        response.json = value if edited is None else edited

    return wrong


def put(*keys: str | int, to: Any) -> Callable[[Any], None]:
    """Set a nested value of a body, where the path exists. `*` is every item of an array."""

    def edit(value: Any) -> None:
        *path, last = keys
        nodes = [value]
        for key in path:
            nodes = [n for node in nodes for n in (node if key == "*" else [node[key]] if key in node else [])]
        for node in nodes:
            if node is not None:
                node[last] = to

    return edit


def drop(*keys: str) -> Callable[[Any], None]:
    """Remove a key from an object or from every item."""

    def edit(value: Any) -> None:
        for node in value if isinstance(value, list) else [value]:
            for key in keys:
                node.pop(key, None)

    return edit
