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

from ._group import GroupKind, LogGroup
from ._line import LogLine
from ._read import AsyncLogSource, LogSource, async_groups, async_lines, groups, lines, strip

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
