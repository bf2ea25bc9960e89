"""What need not exist: content that is not available, and agents that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_array, as_object
from ..spec import Operation, Spec

#: States of the agents that are listed.
CONNECTED: Final = ("connected", "stopping")


def may_be_absent(spec: Spec, found: Mapping[str, Any], target: Operation) -> bool:
    """Return whether the URL of an object may lead to nothing.

    Content exists only in some states of the object. A job keeps its agent after that has disconnected.
    """
    states = list(_content_states(spec, target))
    if states:
        return found.get("state") not in states
    return found.get("connection_state", CONNECTED[0]) not in CONNECTED


def _content_states(spec: Spec, operation: Operation) -> Iterator[Any]:
    """Yield the states in which there is content, where a response redirects to it."""
    for response in spec.node(operation)["responses"].values():
        for header in as_object(spec.resolve(response).get("headers")).values():
            yield from as_array(as_object(spec.resolve(header).get("x-content")).get("states"))
