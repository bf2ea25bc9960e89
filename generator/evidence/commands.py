"""curl commands in a code block."""

import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

from ..errors import Location
from ..profile import API_HOST

_CURL = re.compile(r"^\s*(?:\$ )?curl\b", re.MULTILINE)
_URL = re.compile(rf"https?://{re.escape(API_HOST)}(?P<path>[^\s\"'`?]*)(?:\?(?P<query>[^\s\"'`]*))?")
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


def read_commands(text: str, location: Location) -> Iterator[Command]:
    """Yield the commands in `text`, whose first line is at `location`."""
    starts = [match.start() for match in _CURL.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        command = text[start:end]
        if (url := _URL.search(command)) is None:
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
