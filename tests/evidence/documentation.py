"""Operations, properties and events in a checkout of the documentation."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl

from attrs import define, field, frozen
from generator.errors import Location
from tests.evidence.facts import (
    Call,
    Correction,
    Evidence,
    NotASourceError,
    Value,
    collected,
    parameter_name,
    read_text,
    shape_of,
)
from tests.evidence.markdown import Block, Code, Line, Row, Section, Table, read_sections
from tests.evidence.samples import read_description, read_sample

HOST = "api.buildkite.com"
"""The host of the API in the commands of the documentation."""
BASE = "https://buildkite.com/docs/"
"""The URL below which all pages are."""
PAGES = "pages/apis"
"""The folder of the pages about the API."""
SCOPES = f"{PAGES}/managing_api_tokens.md"
"""The page with the tables of all scopes."""
CORRECTIONS = (
    Correction(
        "maintainers.md",
        "DELETE /v2/organizations/{}/clusters/{}",
        "DELETE /v2/organizations/{}/clusters/{}/maintainers/{}",
    ),
    Correction(
        "quarantine.md",
        "PUT /v2/analytics/organizations/{}/suites/{}/tests/skipped",
        "GET /v2/analytics/organizations/{}/suites/{}/tests/skipped",
    ),
)

_CURL = re.compile(r"^\s*(?:\$ )?curl\b", re.MULTILINE)
_URL = re.compile(r"https?://(?P<host>[\w.-]+)(?P<path>[^\s\"'`?]*)(?:\?(?P<query>[^\s\"'`]*))?")
_METHOD_OPTION = re.compile(r"(?:-X|--request)\s*(?P<method>[A-Z]+)")
_HEAD = re.compile(r"(?<!\S)(?:-I|--head)(?!\S)")
_DATA = re.compile(r"(?:-d|--data)\s+'(?P<body>.*?)'\s*(?:\\?$|\Z)", re.MULTILINE | re.DOTALL)


@frozen
class Command:
    """A command that sends a request to the API."""

    method: str
    path: str
    query: str
    location: Location
    body: tuple[str, Location] | None = None


def read_commands(text: str, location: Location, host: str) -> Iterator[Command]:
    """Yield the commands in `text` that send a request to `host`. Its first line is at `location`."""
    starts = [match.start() for match in _CURL.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        command = text[start:end]
        url = next((match for match in _URL.finditer(command) if match["host"] == host), None)
        if url is None:
            continue
        options = command[: url.start()]
        method = _METHOD_OPTION.search(options)
        data = _DATA.search(command)
        default = "HEAD" if _HEAD.search(command) else "POST" if data else "GET"
        line = location.line + text.count("\n", 0, start)
        body = data and (data["body"], Location(location.file, line + command.count("\n", 0, data.start("body"))))
        yield Command(
            method=method["method"] if method else default,
            path=url["path"],
            query=url["query"] or "",
            location=Location(location.file, line),
            body=body,
        )


_METHOD = re.compile(r"^(?:GET|HEAD|POST|PUT|PATCH|DELETE)$")
_QUERY = re.compile(r"query (?:string )?parameters\]?:?$", re.IGNORECASE | re.MULTILINE)
_BODY = re.compile(r"request (?:body )?(?:propert|fields|form-field)|request body", re.IGNORECASE)
_RESPONSE = re.compile(r"data model|response fields|following fields", re.IGNORECASE)
_IGNORED = re.compile(r"unpermitted|header|alternative formats", re.IGNORECASE)
_ERRORS = re.compile(r"^Error responses?", re.MULTILINE)
_REQUIRED = re.compile(r"^(?P<word>Required|Optional) .*(?:propert|parameter|content)", re.MULTILINE)
_PROPERTIES_OF = re.compile(r"^(?P<name>[A-Z][\w ]+) properties$")
_NAME = re.compile(r"^[\w.]+(?:\[[\w-]*\])?$")
_EXAMPLE = re.compile(r"[?&](\w+(?:\[\])?)=")
_SETTING = re.compile(r"`(\w+)`(?: \(([^()]*)\))?")
_SETTINGS = re.compile(r"Settings: (?P<names>`.*)")
_STATUS = re.compile(r"`(?P<status>[1-5]\d\d) [A-Z]")
_ERROR_STATUS = re.compile(r"`(?P<status>[45]\d\d)(?: [A-Z][\w ]*)?`")
_SUCCESS_LINE = re.compile(r"^Success responses?: ")
_SCOPES = re.compile(r"^Required scopes?: (?P<scopes>.*)")
_SCOPE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_SCOPE_LIST = re.compile(r"\bkey: \"(?P<scopes>[a-z_, ]+)\"")
_PAGINATED = re.compile(r"\[paginated list\]")
_EVENT = re.compile(r"^[a-z_]+(?:\.[a-z_]+)?$")
_DELIVERY = re.compile(r"\"event\": *\"(?P<event>[^\"]+)\"")
_WORD = re.compile(r"[A-Za-z0-9_][\w.*-]*")
_ERROR_KEYS = {"message", "errors"}


@define
class _Page:
    """What has been read of a page so far."""

    calls: list[Call] = field(factory=list)
    models: list[Value] = field(factory=list)
    samples: dict[Location, list[str]] = field(factory=dict)
    corrected: list[Correction] = field(factory=list)

    def check(self, block: Block) -> None:
        """Record a code block without an end."""
        if isinstance(block, Code) and block.unclosed:
            self.samples[block.unclosed] = ["a code block is not closed"]

    def sample(self, text: str, location: Location) -> Value | None:
        """Read a sample, and record whether it is JSON."""
        value = read_sample(text, location)
        self.samples[location] = [] if value else ["not JSON"]
        return value


def read_documentation(folder: Path) -> Evidence:
    """Read the pages of the API. Raises `NotASourceError` if there are none, or none of the scopes."""
    api = folder / PAGES
    index = api / "rest_api.md"
    paths = [path for path in [index, *_pages(api / "rest_api")] if path.is_file() and not path.name.startswith("_")]
    if not paths:
        raise NotASourceError(f"{folder}: no documentation of the REST API in {PAGES}/rest_api")
    pages = folder / Path(PAGES).parts[0]
    read = [_read_page(path, pages) for path in paths]
    events = _read_events(api / "webhooks", pages)
    return Evidence(
        source="docs",
        calls=[call for page in read for call in page.calls],
        models=[(model, [call.shape for call in page.calls]) for page in read for model in page.models],
        events=events.locations,
        deliveries=events.deliveries,
        event_models=events.models,
        scopes=_read_scopes(folder, SCOPES),
        samples={location: found for page in [*read, events.page] for location, found in page.samples.items()},
        corrected=[each for page in read for each in page.corrected],
        words={path: frozenset(_WORD.findall(read_text(path))) for path in _pages(api)},
    )


def _pages(folder: Path) -> list[Path]:
    """Return the pages and partials in a folder."""
    return [path for path in sorted(folder.rglob("*.md")) if path.is_file()]


def _read_page(path: Path, pages: Path) -> _Page:
    page = _Page()
    owners, level = list[Call](), 0
    for section in read_sections(path, pages):
        own = [_call(page, command, path) for block in section.blocks for command in _commands(block, HOST)]
        page.calls += own
        if own:
            owners, level = own, section.level
        calls = own or (owners if section.level > level else [])
        count = 0
        for block in section.blocks:
            page.check(block)
            count += len(_commands(block, HOST))
            _read_block(page, section, block, calls, own[:count] if own else calls)
        page.calls += _index(section)
    return page


def _commands(block: Block, host: str) -> list[Command]:
    return list(read_commands(block.text, block.location, host)) if isinstance(block, Code) else []


def _call(page: _Page, command: Command, path: Path) -> Call:
    """Return the operation of a command, with the parameters and the body in it."""
    shape = shape_of(command.method, command.path)
    corrections = {(each.page, each.written): each for each in CORRECTIONS}
    if correction := corrections.get((path.name, " ".join(shape))):
        page.corrected.append(correction)
        shape = shape_of(*correction.meant.split())
    call = Call(shape, command.location)
    for name, _ in parse_qsl(command.query):
        call.add_parameter(parameter_name(name), Value(command.location))
    if command.body and (sample := page.sample(*command.body)):
        call.bodies.append(sample)
    return call


def _index(section: Section) -> Iterator[Call]:
    """Yield the operations in an index: rows of a method and a path."""
    for block in section.blocks:
        for row in block.rows if isinstance(block, Table) else ():
            if _METHOD.match(row.cells[0]) and (path := re.search(r"`(/[^`]*)`", row.description)):
                yield Call(shape_of(row.cells[0], path[1]), row.location)


def _read_block(page: _Page, section: Section, block: Block, calls: list[Call], above: list[Call]) -> None:
    """Add what a block states to the calls of its section, or to the whole page if there are none."""
    match block:
        case Code(language="json"):
            _read_code(page, section, block, above)
        case Table():
            _read_table(page, section, block, calls)
        case Line():
            for call in calls:
                _read_line(block, call)
        case _:
            pass


def _read_code(page: _Page, section: Section, code: Code, calls: list[Call]) -> None:
    sample = page.sample(code.text, code.location)
    if sample is None or (sample.properties.keys() and sample.properties.keys() <= _ERROR_KEYS):
        return
    for call in calls:
        (call.bodies if _BODY.search(code.label) else call.responses).append(sample)
    if not calls and _RESPONSE.search(section.title):
        page.models.append(sample)


def _read_table(page: _Page, section: Section, table: Table, calls: list[Call]) -> None:
    kind = f"{table.label}\n{section.title}"
    for row in table.rows:
        for call in calls:
            call.statuses |= {status: row.location for cell in row.cells for status in _ERROR_STATUS.findall(cell)}
    if _ERRORS.search(table.label):
        return
    rows = _described(table)
    if not rows or _IGNORED.search(table.label.rpartition("\n")[2]) or _IGNORED.search(section.title):
        return
    first = table.rows[0].location
    if properties := _PROPERTIES_OF.match(section.title):
        name = properties["name"].lower().replace(" ", "_")
        body = Value(first, properties={name: [_object(rows, first)]})
        calls = [call for call in page.calls if any(name in body.properties for body in call.bodies)]
    elif _QUERY.search(kind):
        examples = [(name, row.location) for row in table.rows for name in _EXAMPLE.findall(row.description)]
        for name, value in [*rows, *((name, Value(location)) for name, location in examples)]:
            for call in calls:
                call.add_parameter(parameter_name(name), value)
        return
    elif any(_SETTINGS.search(row.description) for row in table.rows):
        body = _settings(table.rows)
    elif _BODY.search(kind):
        body = _object(rows, first)
        calls = calls or [call for call in page.calls if call.shape[0] in ("POST", "PUT", "PATCH")]
    else:
        page.models.append(_object(rows, first))
        return
    for call in calls:
        call.bodies.append(body)


def _described(table: Table) -> list[tuple[str, Value]]:
    """Return the properties or parameters in the rows of a table."""
    required = _REQUIRED.search(table.label)
    return [
        (name, read_description(row.description, row.location, required=required and required["word"] == "Required"))
        for row in table.rows
        for name in row.names[:2]
        if _NAME.match(name)
    ]


def _object(rows: Sequence[tuple[str, Value]], location: Location) -> Value:
    """Return an object with `rows`; a name with dots is a property of a property."""
    pairs: list[tuple[str, Value]] = []
    for name, value in rows:
        first, _, rest = name.partition(".")
        pairs.append((first, _object([(rest, value)], value.location) if rest else value))
    return Value(location, properties=collected(pairs))


def _settings(rows: Sequence[Row]) -> Value:
    """Return a body with the settings that rows list as `Settings: …`."""
    pairs: list[tuple[str, Value]] = []
    for row in rows:
        if match := _SETTINGS.search(row.description):
            pairs += [(name, read_description(aside, row.location)) for name, aside in _SETTING.findall(match["names"])]
    location = rows[0].location
    return Value(location, properties={"settings": [Value(location, properties=collected(pairs))]})


def _read_line(line: Line, call: Call) -> None:
    for status in (_STATUS if _SUCCESS_LINE.match(line.text) else _ERROR_STATUS).findall(line.text):
        call.statuses.setdefault(status, line.location)
    if match := _SCOPES.match(line.text):
        call.scopes = dict.fromkeys(_SCOPE.findall(match["scopes"]), line.location)
    if _PAGINATED.search(line.text):
        for name in ("page", "per_page"):
            call.add_parameter(name, Value(line.location))


@define
class _Events:
    """What has been read of the pages of webhooks."""

    page: _Page
    locations: dict[str, Location] = field(factory=dict)
    deliveries: list[tuple[str, Value]] = field(factory=list)
    models: list[tuple[Value, Sequence[str]]] = field(factory=list)


def _read_events(folder: Path, pages: Path) -> _Events:
    """Return the events, a sample of each that has one, and the objects that the tables of properties document."""
    found = _Events(_Page())
    for path in _pages(folder):
        if path.name.startswith("_"):
            continue
        events: dict[str, Location] = {}
        models: list[Value] = []
        for section in read_sections(path, pages):
            for block in section.blocks:
                found.page.check(block)
                if isinstance(block, Table) and section.title == "Events":
                    for row in block.rows:
                        for name in filter(_EVENT.match, row.names[:1]):
                            events.setdefault(name, row.location)
                elif isinstance(block, Table) and block.rows and block.rows[0].cells[0] == "Property":
                    models.append(_object(_described(block), block.rows[0].location))
                elif isinstance(block, Code) and (match := _DELIVERY.search(block.text)):
                    events.setdefault(match["event"], block.location)
                    if sample := found.page.sample(block.text, block.location):
                        found.deliveries.append((match["event"], sample))
        found.locations = events | found.locations
        found.models += [(model, [*events]) for model in models]
    return found


def _read_scopes(folder: Path, name: str) -> dict[str, Location]:
    """Return the scopes in the tables of scopes."""
    page = folder / name
    scopes: dict[str, Location] = {}
    for number, text in enumerate(read_text(page).splitlines() if page.is_file() else (), 1):
        if match := _SCOPE_LIST.search(text):
            scopes |= {scope: Location(page, number) for scope in match["scopes"].split(", ")}
    if not scopes:
        raise NotASourceError(f"{folder}: no table of scopes in {name}")
    return scopes
