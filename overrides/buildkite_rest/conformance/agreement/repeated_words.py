"""Words that a list of words has twice, such as a scope of a token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..._base.json_values import is_array
from ..invariants.nodes import nodes
from ..spec import Operation, Spec

#: Names and ids. A line of a text may be there twice.
_WORD: Final = re.compile(r"[\w-]+")


def repeated_words(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Yield the arrays with a word that they have twice. Clients may do so, in properties that they set."""
    settable = {name for each in spec.operations if each.tag == operation.tag for name in each.body_properties}
    reported: set[str] = set()
    for node in nodes(items):
        for name, value in node.value.items():
            if name in settable | reported or not is_array(value):
                continue
            words = [each for each in value if isinstance(each, str) and _WORD.fullmatch(each)]
            repeated = next((word for index, word in enumerate(words) if word in words[:index]), None)
            if repeated is not None:
                reported.add(name)
                yield f"{name} has {repeated!r} twice"
