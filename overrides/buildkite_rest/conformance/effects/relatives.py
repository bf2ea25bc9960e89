"""Objects like another one, below another parent or in a list of the same name further up."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from ..._base.json_values import as_object
from ..objects import identifier_of
from ..page_items import items_of
from ..spec import parameters_of
from .bench import Bench, Others, Subject
from .bystanders import check_unchanged, snapshots

#: Other objects to look for the same relation.
_OTHERS: Final = 6


def cousin(bench: Bench, subject: Subject, others: Others) -> Subject | None:
    """Return a new object like another one, but of another parent, if the parents are new too."""
    names = parameters_of(subject.kind.path)
    if len(names) < 2 or names[-2] not in others or subject.created is None or not subject.sent:
        return None
    other = others[names[-2]][0]
    if not subject.is_own or names[-2] == names[0] or other == subject.values[names[-2]]:
        return None
    before = snapshots(bench, [subject])
    made = bench.create_first(subject.kind, {**subject.values, names[-2]: other}, [subject.sent])
    if made is not None and made.created is not None:
        check_unchanged(bench, before, made.created, f"a creation below another {names[-2]}")
    return made


def namesake(bench: Bench, subject: Subject) -> Subject | None:
    """Return a new object like another one in the list with the same name of an ancestor.

    An annotation of a build may have the context of an annotation of one of its jobs, for example.
    """
    if subject.created is None or not subject.sent:
        return None
    end, known = subject.kind.path.split("/")[-2:], subject.values.keys() - {subject.kind.parameter}
    for kind in (each for one in bench.kinds for each in one.with_all_below):
        *parents, _ = parameters_of(kind.path)
        is_above = {*parents} < known and parents[-1:] != [*parameters_of(subject.kind.path)[-2:-1]]
        if kind.create is None or kind.path.split("/")[-2:] != end or not is_above:
            continue
        before = snapshots(bench, [subject])
        made = bench.create_first(kind, subject.values, [subject.sent])
        if made is not None and made.created is not None:
            check_unchanged(bench, before, made.created, f"a creation in the list of {kind.create.id}")
            return made
    return None


def relations_elsewhere(bench: Bench, subject: Subject) -> list[Subject]:
    """Return the relations of other objects to what an object has a relation to, such as other teams of a pipeline."""
    listing, name = subject.kind.list, subject.kind.parameter
    states = [(each, bench.state(each)) for each in bench.below(subject)]
    parts = [each for each, state in states if state is not None and not {"id", "uuid"} & as_object(state.body).keys()]
    if listing is None or not parts or not {*listing.parameters} <= subject.values.keys():
        return []
    items = items_of(bench.read(listing, subject.values).body) or ()
    found = [identifier_of(name, item) for item in items]
    keys = [key for key in found if key is not None and key != subject.values[name]]
    pairs = ((part, key) for part in parts for key in keys[:_OTHERS])
    return [evolve(part, values={**part.values, name: key}) for part, key in pairs]


def are_close(one: Subject, other: Subject) -> bool:
    """Return whether two objects have the same parent."""
    last = one.kind.parameter
    return all(value == other.values[name] for name, value in one.values.items() if name != last)
