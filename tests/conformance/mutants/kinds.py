"""What a mutant is, and the words in which most of them can be said."""

from collections.abc import Callable
from typing import Any

from attrs import frozen
from tests.conformance.runner_support import Answer, Bug, Request, change

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
"""Stands for a check: an operation that never succeeds is found with `--require-success`."""

EXAMPLES = ("--phases", "examples")
COVERAGE = ("--phases", "examples,coverage")
WRITING = ("--write", *COVERAGE)
LIVES = ("--write", "--phases", "lives")
LISTS = ("--phases", "lists")
ACCESS = ("--write", "--phases", "access")
STATEFUL = ("--write", "--phases", "stateful", "--max-examples", "100")


@frozen
class Mutant:
    """A planted bug, who is to notice it, and how much it takes."""

    operation: str
    check: str | None
    """None for a bug that cannot be found, which `why` explains."""
    options: tuple[str, ...]
    bug: Callable[[], Bug] | None = None
    """Makes what stands between the mock and the runner. A bug with a memory needs a new one for each run."""
    edit: Callable[[dict[str, Any]], None] | None = None
    """Changes the description that the runner takes."""
    include: tuple[str, ...] = ()
    """Operations that are tested besides."""
    signed: bool = False
    """Whether requests are signed with a key."""
    why: str = ""

    @property
    def kind(self) -> str:
        return "description" if self.bug is None else "server"


def server(
    operation: str, check: str | None, options: tuple[str, ...], bug: Callable[[], Bug] | Bug, **more: Any
) -> Mutant:
    """Return a mutant of the mock, with a bug that has no memory."""
    return Mutant(operation, check, options, bug=lambda: bug, **more)  # type: ignore[return-value]


def remembering(
    operation: str, check: str | None, options: tuple[str, ...], bug: Callable[[], Bug], **more: Any
) -> Mutant:
    """Return a mutant of the mock, with a bug that has a memory."""
    return Mutant(operation, check, options, bug=bug, **more)


def on(method: str, path: str, wrong: Callable[[Answer], None], status: int = 200) -> Bug:
    """Make a bug that spoils the answers of one operation that have this status."""

    def spoil(request: Request, answer: Answer) -> None:
        if request.asks(method, path) and answer.status == status:
            wrong(answer)

    return change(spoil)


def status(code: int) -> Callable[[Answer], None]:
    """Spoil the status."""

    def wrong(answer: Answer) -> None:
        answer.status = code

    return wrong


def header(name: str, value: str | None) -> Callable[[Answer], None]:
    """Spoil a header, or leave it out."""
    return lambda answer: answer.set_header(name.encode(), None if value is None else value.encode())


def raw(content: bytes, content_type: str = "application/json") -> Callable[[Answer], None]:
    """Replace the body."""

    def wrong(answer: Answer) -> None:
        answer.body = content
        answer.set_header(b"content-type", content_type.encode())

    return wrong


def body(edit: Callable[[Any], Any]) -> Callable[[Answer], None]:
    """Edit the body: what `edit` returns, or what it leaves behind."""

    def wrong(answer: Answer) -> None:
        value = answer.json
        edited = edit(value)
        answer.json = value if edited is None else edited

    return wrong


def put(*keys: str | int, to: Any) -> Callable[[Any], None]:
    """Set a value deep in a body, wherever the way to it exists. `*` is every item of an array."""

    def edit(value: Any) -> None:
        *way, last = keys
        nodes = [value]
        for key in way:
            nodes = [n for node in nodes for n in (node if key == "*" else [node[key]] if key in node else [])]
        for node in nodes:
            if node is not None:
                node[last] = to

    return edit


def drop(*keys: str) -> Callable[[Any], None]:
    """Leave out a key, of an object or of every item."""

    def edit(value: Any) -> None:
        for node in value if isinstance(value, list) else [value]:
            for key in keys:
                node.pop(key, None)

    return edit
