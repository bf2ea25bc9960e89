"""Parsing of job logs: lines and groups with their times, without control sequences.

    from buildkite_rest import Buildkite, logs

    with Buildkite() as bk, bk.jobs.stream_log("acme", job_id) as stream:
        for group in logs.groups(stream, keep_lines=0):
            print(group.duration, group.name)

A log is its text, or an iterable of its lines or of chunks of bytes: a stream of `jobs.stream_log`, the lines of
`jobs.follow_log`, or an open file. It is read once, from its start to its end, and only the current line and the kept
lines of the current group are in memory. `async_lines` and `async_groups` read an asynchronous iterable.
"""

from _buildkite_rest.public_names import name_classes

from ._group import GroupKind as GroupKind
from ._group import LogGroup as LogGroup
from ._line import LogLine as LogLine
from ._read import AsyncLogSource as AsyncLogSource
from ._read import LogSource as LogSource
from ._read import async_groups as async_groups
from ._read import async_lines as async_lines
from ._read import groups as groups
from ._read import lines as lines
from ._read import strip as strip

__all__ = [
    "AsyncLogSource",
    "GroupKind",
    "LogGroup",
    "LogLine",
    "LogSource",
    "async_groups",
    "async_lines",
    "groups",
    "lines",
    "strip",
]

name_classes(globals())
