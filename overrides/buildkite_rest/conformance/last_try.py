"""The end of a run: operations that never succeeded are tried once more, on what is there by now.

What an operation needs may have come and gone: of the few jobs that can be unblocked, another operation took the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from .aim import unique
from .choice import Choice
from .description import Description
from .examples import with_ids
from .operation import Operation
from .targets import Targets
from .wire import Wire

#: Objects that an operation is tried on.
_OBJECTS: Final = 150


def try_again(
    wire: Wire, description: Description, chosen: Sequence[Operation], discover: Callable[[], Targets]
) -> Iterator[Operation]:
    """Try what never succeeded and ends nothing, and yield each such operation before."""
    unseen = [each for each in wire.results.unseen if each in chosen and each.parameters and not each.ends]
    if not unseen:
        return
    choice = Choice(description, discover())
    for operation in unseen:
        yield operation
        bodies = [with_ids(body, choice.targets.known_ids) for body in operation.bodies] or [None]
        for number, values in enumerate(choice.objects(operation)[:_OBJECTS]):
            body = unique(bodies[number % len(bodies)], operation)
            if wire.send(operation, values, body=body).ok:
                break
