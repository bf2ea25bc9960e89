"""Changeable tags of executions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import accumulate

from ...http.call import Call, Reply, json
from ...http.errors import BadRequestError
from ...http.rate_limits import WINDOW_SECONDS, Usage
from ...http.routing import Routes
from .runs import find_execution
from .suites import SUITE, suites

_MOST_TAGS = 10
#: Keys and values must have fewer bytes.
_KEY_BYTES, _VALUE_BYTES = 64, 128
_KEY = re.compile(r"mut\.[A-Za-z0-9_.-]+", re.ASCII)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise 400 for invalid tags."""
    if len(tags) > _MOST_TAGS:
        raise BadRequestError(f"An execution can have at most {_MOST_TAGS} changeable tags")
    for key, value in tags.items():
        if not _KEY.fullmatch(key) or len(key) >= _KEY_BYTES:
            rule = f"mut. and letters, digits, '_', '-' and '.', fewer than {_KEY_BYTES} bytes in total"
            raise BadRequestError(f"{key} is not a valid key: it must be {rule}")
        if not value.strip() or len(value.encode()) >= _VALUE_BYTES:
            raise BadRequestError(f"The value of {key} must not be blank and must have fewer than {_VALUE_BYTES} bytes")
        *parents, _ = accumulate(key.split("."), "{}.{}".format)
        for parent in parents:
            if parent in tags:
                raise BadRequestError(f"{parent} cannot be a key together with {key}")


routes = Routes()
_MOST_EXECUTIONS = 100_000


@routes.route("PUT", f"{SUITE}/execution-tags", scope="write_suites")
def update_execution_tags(call: Call) -> Reply:
    """Replace the changeable tags of executions. The last entry for an execution wins.

    Unknown executions are ignored.
    """
    suite = suites.find(call)
    entries = call.body["executions"]
    if len(entries) > _MOST_EXECUTIONS:
        raise BadRequestError(f"At most {_MOST_EXECUTIONS} executions can be updated at once")
    for entry in entries:
        check_tags(entry["tags"])
    usage = _own_usage(call)
    if usage.exceeded:
        return json(usage.body(), 429, usage.headers("RateLimit"))
    suite.organization.execution_tags_at = call.now
    for entry in entries:
        execution = find_execution(call.backend, suite, entry["id"])
        if execution is not None:
            suite.changeable_tags[execution.id] = dict(entry["tags"])
    return Reply(200)


def _own_usage(call: Call) -> Usage:
    """Return the usage of the operation's own limit, which is enforced if the organization's limit is."""
    organization = call.find_organization()
    before = None if organization is None else organization.execution_tags_at
    begin = call.now if before is None else before
    again = before is not None and call.now < before + WINDOW_SECONDS
    return Usage(
        scope="rest",
        limit=1,
        current=1 + again,
        reset=math.ceil(begin + WINDOW_SECONDS - call.now),
        enforced=call.organization_limit.maximum is not None,
    )
