"""Changeable tags of executions."""

from __future__ import annotations

import math

from ..engine.call import Call
from ..engine.limits import WINDOW_SECONDS, Usage
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import BadRequestError
from ..world.changeable_tags import check_tags
from ..world.runs import find_execution
from .test_suites import SUITE, suites

routes = Routes()
_MOST_EXECUTIONS = 100_000


@routes.route("PUT", f"{SUITE}/execution-tags", scope="write_suites")
def update_execution_tags(call: Call) -> Reply:
    """Replace the changeable tags of executions. Where a later entry is for the same execution, it counts.

    Executions that the suite does not have are passed over.
    """
    suite = suites.find(call)
    entries = call.body["executions"]
    if len(entries) > _MOST_EXECUTIONS:
        raise BadRequestError(f"At most {_MOST_EXECUTIONS} executions can be updated at once")
    for entry in entries:
        check_tags(entry["tags"])
    usage = _usage(call)
    if usage.exceeded:
        return json(usage.body(), 429, usage.headers("RateLimit"))
    suite.organization.execution_tags_at = call.now
    for entry in entries:
        execution = find_execution(call.world, suite, entry["id"])
        if execution is not None:
            suite.changeable_tags[execution.id] = dict(entry["tags"])
    return Reply(200)


def _usage(call: Call) -> Usage:
    """Tell how much of its own limit the operation has used. It counts where other limits do."""
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
