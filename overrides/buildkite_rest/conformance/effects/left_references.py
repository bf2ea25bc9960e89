"""Checks of what refers to a deleted object, such as a rule for a pipeline or the teams of an invitation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from ..._base.json_values import as_object
from ..loopback import is_local
from ..traffic import Response
from .bench import Bench, Subject
from .checks import DELETED
from .dependents import can_refer, id_of, referring, texts_in

#: Properties of an object to refer with, such as the source and the target of a rule.
_POSITIONS: Final = 2
#: Index of the body of an object that is deleted while others refer to it.
_INDEX: Final = 13


def check_left_references(bench: Bench, subject: Subject) -> None:
    """Delete an object like another one that others refer to, and check that these do so no longer."""
    kind = subject.kind
    if kind.delete is None or bench.spec.effects(kind.delete) or not subject.is_own or not _is_new(bench, subject):
        return
    kinds = (below for one in bench.kinds for below in one.with_all_below)
    if not {"id", "uuid"} & as_object(subject.body).keys() or not any(
        can_refer(bench, each, subject) for each in kinds
    ):
        return
    doomed = bench.create(kind, subject.values, _INDEX)
    if doomed is None:
        return
    others = referring_to(bench, doomed)
    response = bench.send(kind.delete, doomed.values)
    if response.ok:
        bench.removed(doomed)
        check_unreferenced(bench, doomed, others, response)
    for each in others:
        bench.delete(each)
    if not response.ok:  # it may be in use
        bench.delete(doomed)


def referring_to(bench: Bench, subject: Subject) -> list[Subject]:
    """Return a new object of each kind that can refer to another one, on this machine and once for each kind."""
    if not _is_new(bench, subject):
        return []
    bench.unreferenced.add(subject.kind.path)
    found = list[Subject]()
    for kind in (below for one in bench.kinds for below in one.with_all_below):
        if can_refer(bench, kind, subject) and bench.wants(subject.kind.delete, kind.get, kind.list):
            for position in range(_POSITIONS):
                made = [*islice(referring(bench, subject, kind, position), 1)]
                found += made
                if not made:
                    break
    return [each for each in found if _names(_present(bench, each), subject)]


def check_unreferenced(bench: Bench, subject: Subject, others: Sequence[Subject], cause: Response) -> None:
    """Check that objects are gone that referred to a deleted one, or that they do not name it any more."""

    def rule(found: Response) -> Iterator[str]:
        if found.ok and _names(found.body, subject):
            yield f"what {found.operation.id} returns still refers to an object that {cause.operation.id} has deleted"

    for each in others:
        if each.kind.get is not None:
            bench.check(DELETED, each.kind.get, each.values, rule, cause)
        item, page = bench.find(each)
        if page is not None and item is not None and _names(item, subject):
            message = "an object in the list still refers to a deleted one"
            bench.report(DELETED, [message], page, cause)


def _is_new(bench: Bench, subject: Subject) -> bool:
    return subject.kind.path not in bench.unreferenced and is_local(bench.session.options.base_url)


def _present(bench: Bench, subject: Subject) -> Any:
    """Return an object, from its list if no operation reads it alone."""
    response = bench.state(subject)
    return bench.find(subject)[0] if response is None else response.body


def _names(node: Any, subject: Subject) -> bool:
    return id_of(subject) in texts_in(node)
