"""The operations that a run is about."""

from __future__ import annotations

from . import probe
from .description import Description
from .hand_picked import hand_picked
from .live import is_hand_picked
from .operation import Operation
from .options import Options
from .problems import CannotRunError


def chosen_of(options: Options, description: Description) -> list[Operation]:
    """Return the operations that a run is about."""
    known = hand_picked(description) if is_hand_picked(options) else description.operations
    return [operation for operation in known if options.chooses(operation)]


def check_selection(options: Options, description: Description) -> None:
    """Refuse a run that is about an operation which does not exist, or about none.

    Raises:
        CannotRunError: It is, or its budget is spent before the first of them.
    """
    tags = {operation.tag for operation in description.operations}
    if unknown := options.tags - tags:
        raise CannotRunError(f"no operation has the tag {min(unknown)}; there are {', '.join(sorted(tags))}")
    if unknown := options.ids - {operation.id for operation in description.operations}:
        raise CannotRunError(f"--include-operation: there is no operation {min(unknown)}")
    if unknown := options.may_fail - {operation.id for operation in description.operations}:
        raise CannotRunError(f"--may-fail: there is no operation {min(unknown)}")
    if not chosen_of(options, description):
        raise CannotRunError(_why_none(options, description))
    if options.budget is not None and options.budget <= probe.REQUESTS:
        raise CannotRunError(
            f"--budget: {options.budget} requests are not enough; {probe.REQUESTS} go into asking the server who it is"
        )


def _why_none(options: Options, description: Description) -> str:
    """Say why no operation is chosen."""
    named = [operation for operation in description.operations if options.names(operation)]
    if not description.operations:
        return "the description has no operations"
    if not named:
        return "no operation of --include-operation has a tag of --include-tag; leave one of them out"
    names = " and ".join(sorted(options.ids) or [f"all with the tag {tag}" for tag in sorted(options.tags)])
    if is_hand_picked(options):
        others = "others take a run without --budget or, where the server is not on this machine, with --write"
        return f"{names or 'all operations'}: not among the hand-picked GETs; {others}"
    if options.write:
        return f"{names} is never sent: it would revoke the token of the run"
    return f"--write is missing: without it only GET and HEAD are sent, and not {names}"
