"""Check that a list without pages is whole: it has more objects than a page of other lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..loopback import is_local
from ..objects import identifier_of
from ..page_items import items_of
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIST

#: One more than a page has by default.
_OBJECTS: Final = 31


def check_whole_list(bench: Bench, subject: Subject) -> None:
    """Create objects like another one until a list without pages has more than a page, on a server on this machine."""
    kind = subject.kind
    create, listing = kind.create, kind.list
    is_possible = create is not None and bool(create.body_examples) and bench.wants(create, listing)
    if create is None or listing is None or listing.pagination != "none" or not is_possible:
        return
    before = bench.read(listing, subject.values)
    if not is_local(bench.session.options.base_url) or not before.ok:
        return
    values, cause, keys = values_of(create, subject.values), subject.created, _keys(kind.parameter, before)
    for number in range(_OBJECTS - len(keys)):
        body = bench.bodies.body(create, create.body_examples[-1], number, subject.values)
        cause = bench.session.send(create, values, body=body, is_raw=True)
        made = bench.created_again(subject, cause) if cause.ok else None
        if made is None:
            bench.session.skip(LIST.name, listing, f"no {_OBJECTS} objects can be created")
            break
        keys.add(str(made.values[kind.parameter]))

    def rule(found: Response) -> Iterator[str]:
        missing = keys - _keys(kind.parameter, found)
        if found.ok and missing:
            yield f"{len(missing)} of {len(keys)} objects are missing in a list without pages, such as {min(missing)}"

    if cause is not None:
        bench.check(LIST, listing, subject.values, rule, cause)


def _keys(parameter: str, response: Response) -> set[str]:
    """Return the ids in a list."""
    return {str(identifier_of(parameter, item)) for item in items_of(response.body) or ()}
