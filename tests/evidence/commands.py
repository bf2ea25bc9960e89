"""curl commands in a code block."""

import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen
from generator.errors import Location

_CURL = re.compile(r"^\s*(?:\$ )?curl\b", re.MULTILINE)
_URL = re.compile(r"https?://(?P<host>[\w.-]+)(?P<path>[^\s\"'`?]*)(?:\?(?P<query>[^\s\"'`]*))?")
_METHOD = re.compile(r"(?:-X|--request)\s*(?P<method>[A-Z]+)")
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
        method = _METHOD.search(options)
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
