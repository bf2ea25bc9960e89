"""Objects that a run creates first, so that it has something of its own to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .api import Operation
from .discovery import discover
from .executor import Executor
from .objects import KnownObject, names_in, refers
from .plans.objects import Objects

_CHECK: Final = "write"


def prepare(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Create objects of each kind that the operations change or refer to, and read what is below them.

    Yields each operation before its requests are sent.
    """
    world, api, objects = executor.world, executor.api, Objects(executor)
    restricted = [each for each in operations if not world.ownership.may_change_existing(each)]
    if isinstance(user := executor.context.user.get("id"), str) and restricted:
        world.ownership.harmless.add(user.lower())  # the user of the token may join own teams
    for operation in restricted:
        if (reason := world.ownership.refusal_of(operation)) is not None:
            executor.skip(_CHECK, operation, f"{reason}; see --write-existing")
            continue
        yield operation
        names = {name for body in operation.body_examples for name in names_in(body)}
        own = world.kind_of(operation)
        for kind in api.kinds:
            if kind is own or any(refers(name, kind.parameter) for name in names):
                found = objects.of(kind)
                if kind.create is operation and not any(each.is_own for each in found):
                    executor.skip(_CHECK, operation, "no example is accepted that refers to own objects only")
    for number, each in enumerate(objects.made):
        world.own.add(each.kind.path, [KnownObject(each.kind.path, each.values, (number,))])
    if restricted:
        discover(world, executor.read_objects, operations, world.own)
