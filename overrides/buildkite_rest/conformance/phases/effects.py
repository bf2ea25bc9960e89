"""The phase *effects*: requests change what they say, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object, is_array
from ..effects.actions import check_actions
from ..effects.actors import check_actor, check_creator
from ..effects.batches import check_batch
from ..effects.bench import CREATORS, EXAMPLE, Bench, Others, Subject
from ..effects.bystanders import Snapshots, check_unchanged, snapshots
from ..effects.choices import check_choices
from ..effects.creation import check_creation
from ..effects.deletion import add_parts, check_deletion, check_wrong_parents, same_id_below
from ..effects.dependents import dependents
from ..effects.filter_texts import check_text_filters
from ..effects.filtered import check_related_filters
from ..effects.ignored import check_ignored
from ..effects.kinds import Kind
from ..effects.left_references import check_left_references, check_unreferenced, referring_to
from ..effects.limits import check_empty_arrays, check_limits, check_longest
from ..effects.lists import check_added, listed
from ..effects.long_lists import check_long_parts
from ..effects.mentions import check_listed_parent, check_mentioned
from ..effects.pointers import MISSING, resolve
from ..effects.related import check_relations, related_to
from ..effects.relatives import cousin, namesake
from ..effects.texts import check_created_texts
from ..effects.uniqueness import check_conflict, check_similar
from ..effects.unlisted import check_unlisted_in_action, check_unlisted_in_creation
from ..effects.updates import check_updates, touch
from ..effects.upserts import check_upserts
from ..effects.values import BodyRules, properties, request_schema
from ..names import made_up
from ..objects import ObjectSelector, PathValues, object_from_item
from ..page_items import items_of
from ..spec import Operation, parameters_of
from ..traffic import Session

#: Parents to try to create an object in.
_PARENTS: Final = 6
#: Existing objects to try to delete.
_EXPENDABLE: Final = 4
#: Existing objects to look for one that another user has created.
_OF_OTHERS: Final = 12
#: More objects than a kind has.
_ALL: Final = 1_000
#: Objects of a kind below a new object, such as the jobs of a build.
_FOUND: Final = 6


def check_effects(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Create two objects of each kind, change and delete one, and compare both before and after.

    Yields the operation that creates or lists each kind before its requests are sent.
    """
    if not any(not operation.is_read_only for operation in operations):
        return
    bench = Bench.of(session, selector, operations)
    try:
        for kind in bench.kinds:
            yield from _check_kind(bench, kind, {}, _strangers(bench))
        if bench.foreign is not None:
            bench.foreign.check()
    finally:
        bench.clean()


def _strangers(bench: Bench) -> Others:
    """Return values of the path parameters without a parent that belong to no object of the run."""
    names = {parameters_of(kind.path)[0] for kind in bench.kinds if "{" in kind.path}
    return {name: [str(made_up(name, random.getrandbits(32)))] for name in names}


def _check_kind(
    bench: Bench, kind: Kind, parent: PathValues, others: Others, *, is_own: bool = False
) -> Iterator[Operation]:
    wanted = [each for each in kind.all_operations if bench.wants(each)]
    if not wanted or all(each.is_read_only for each in wanted):
        return
    first = kind.create or kind.list
    if first is not None:
        yield first
    subject, sibling = _subjects(bench, kind, parent, is_own=is_own)
    if subject is None:
        yield from _check_existing(bench, kind, parent, others)
        return
    if kind.create is not None and bench.wants(*kind.operations):
        with bench.permitted(kind.create):
            _check_new(bench, kind, subject, sibling)
    elif kind.create is not None:
        with bench.permitted(kind.create):
            check_created_texts(bench, subject)
    with bench.permitted(kind.create or first):
        check_long_parts(bench, subject)
    if others:
        with bench.permitted(first):
            check_wrong_parents(bench, subject, others)
    bystanders = [each for each in (sibling, cousin(bench, subject, others)) if each is not None]
    below = others if sibling is None else {**others, kind.parameter: [sibling.values[kind.parameter]]}
    for child in kind.children:
        yield from _check_kind(bench, child, subject.values, below, is_own=True)
    with bench.permitted(kind.update or first):
        parts = [*add_parts(bench, subject), *related_to(bench, subject)]
        with dependents(bench, subject, parts) as those:
            with bench.permitted(kind.update or first):
                with those.unaffected(kind.update):
                    check_updates(bench, subject, bystanders, parts)
                _update_of_another_user(bench, kind)
            for operation in sorted(kind.actions, key=lambda each: _is_final(bench, each)):
                yield operation
                own = [subject] if sibling is None or kind.create is not None else [subject, sibling]
                candidates = [*own, *_existing(bench, kind, operation)]
                with bench.permitted(operation), those.unaffected(operation):
                    check_actions(bench, operation, candidates, bystanders, others)
                    check_unlisted_in_action(bench, operation, subject)
    for operation in kind.actions:  # some of them cannot be undone
        own = [each for each in (subject, sibling) if each is not None]
        with bench.permitted(operation):
            check_actor(bench, operation, [*own, *_existing(bench, kind, operation)], others)
    with bench.permitted(kind.delete or first):
        check_left_references(bench, subject)
        if (other := namesake(bench, subject)) is not None:
            bystanders.append(other)
    for each, siblings in [(subject, bystanders), *((each, []) for each in bystanders)]:
        with bench.permitted(kind.delete or first):
            check_deletion(bench, each, siblings, again=True)


def _check_new(bench: Bench, kind: Kind, subject: Subject, sibling: Subject | None) -> None:
    """Check two new objects, and further ones that are created with other properties."""
    assert kind.create is not None  # noqa: S101 - for the type checker
    check_creation(bench, subject, None)
    if subject.created is not None:
        check_related_filters(bench, subject, subject.created, is_listed=True)
    if sibling is not None:
        check_creation(bench, sibling, subject)
    for each in (subject, sibling):
        if each is not None:
            check_mentioned(bench, each)
    check_listed_parent(bench, subject)
    check_conflict(bench, subject)
    check_similar(bench, subject)
    check_batch(bench, subject)
    check_limits(bench, subject)
    for each in check_relations(bench, subject):
        check_deletion(bench, each, [subject], relations=related_to(bench, each))
    check_longest(bench, subject)
    check_ignored(bench, subject)
    check_unlisted_in_creation(bench, subject)
    check_creator(bench, subject)
    check_created_texts(bench, subject)
    check_text_filters(bench, subject)
    needs_state = any(node.get("when") for node in bench.spec.effects(kind.create))
    existing = _existing(bench, kind, kind.get) if needs_state and kind.get is not None else []
    bystanders = [each for each in (sibling, namesake(bench, subject)) if each is not None]
    check_actions(bench, kind.create, [subject, *existing], bystanders)
    check_upserts(bench, subject, sibling)
    check_choices(bench, subject)
    if any(node.get("object") == "created" for node in bench.spec.effects(kind.create)):
        return  # a further request would change the same object
    examples = enumerate(kind.create.body_examples[:-1])
    bodies = [[bench.bodies.body(kind.create, each, number + 2, subject.values)] for number, each in examples]
    bodies.append(bench.bodies.full(kind.create, bench.examples, len(bodies) + 2, subject.values))
    bodies.append(bench.bodies.empty(kind.create, len(bodies) + 2, subject.values))
    documented = len(kind.create.body_examples) - 1
    is_alike = sibling is None or subject.sent.keys() >= sibling.sent.keys()
    others = snapshots(bench, [subject] if is_alike else [subject, sibling])
    variants = [
        _check_variant(bench, subject, others, each, is_example=n < documented) for n, each in enumerate(bodies)
    ]
    if variants[-1] is None:
        check_empty_arrays(bench, subject)
    sent = [_returned(bench, each) for each in (subject, sibling, *variants) if each is not None]
    others, last = snapshots(bench, [subject]), None
    for alternatives in bench.bodies.unsent_values(kind.create, sent, len(bodies) + 3, subject.values):
        variant = _check_variant(bench, subject, (), alternatives)
        sent += [] if variant is None else [_returned(bench, variant)]
        last = last if variant is None else variant.created
    if last is not None:
        check_unchanged(bench, others, last, "the creation of objects with other values")


def _returned(bench: Bench, subject: Subject) -> Mapping[str, Any]:
    """Return the sent properties that the new object has."""
    assert subject.kind.create is not None  # noqa: S101 - for the type checker
    pointers = BodyRules.of(request_schema(bench.spec, subject.kind.create)).pointers
    return {
        name: value
        for name, value in subject.sent.items()
        if resolve(pointers.get(name, name), subject.body) is not MISSING
    }


def _check_variant(
    bench: Bench,
    subject: Subject,
    others: Snapshots,
    alternatives: Sequence[Mapping[str, Any]],
    *,
    is_example: bool = False,
) -> Subject | None:
    """Check a further object like another one, with the first body that is accepted, and delete it."""
    documented = EXAMPLE if is_example else ""
    variant = bench.create_first(subject.kind, subject.values, alternatives, documented=documented, is_possible=True)
    if variant is not None:
        assert variant.created is not None  # noqa: S101 - for the type checker
        check_unchanged(bench, others, variant.created, "the creation of another object")
        check_creation(bench, variant, subject)
        check_updates(bench, variant, again=False)
        check_deletion(bench, variant, [subject])
    return variant


def _subjects(bench: Bench, kind: Kind, parent: PathValues, *, is_own: bool) -> tuple[Subject | None, Subject | None]:
    """Return two new objects, or two that were found below a new one."""
    if kind.create is None:
        found = [Subject(kind, dict(each), None) for each in _found(bench, kind, parent)] if is_own else []
        bench.permanent.extend(found if kind.delete is None else ())
        return (found[0], found[1] if len(found) > 1 else None) if found else (None, None)
    parents: list[PathValues] = [*bench.selector.usable(kind.create)] if kind.create.parameters else [{}]
    if is_own or set(kind.create.parameters) <= set(parent):
        parents.insert(0, parent)
    for each in parents[:_PARENTS]:
        known = listed(bench, Subject(kind, {**parent, **each}, None))
        subject = bench.create(kind, {**parent, **each}, 0)
        if subject is not None:
            first = snapshots(bench, [subject])
            sibling = bench.create(kind, {**parent, **each}, 1, minimal=True)
            if sibling is not None and sibling.created is not None:
                check_unchanged(bench, first, sibling.created, "the creation of another object")
            check_added(bench, known, [one for one in (subject, sibling) if one is not None])
            return subject, sibling
    return None, None


def _found(bench: Bench, kind: Kind, parent: PathValues) -> list[PathValues]:
    """Return the first objects of a list, those with the most properties first, such as jobs with a command."""
    if kind.list is None or not set(kind.list.parameters) <= set(parent):
        return []
    response = bench.read(kind.list, parent)
    items = (items_of(response.body) or [])[:_FOUND] if response.ok else []
    richest = sorted(items, key=lambda item: -len(as_object(item)))
    objects = (object_from_item(kind.path, parent, item) for item in richest)
    return [each.values for each in objects if each is not None]


def _update_of_another_user(bench: Bench, kind: Kind) -> None:
    """Change an object that another user has created, which shows who is recorded for the change."""
    if kind.update is None or kind.get is None or not bench.wants(kind.update):
        return
    returned = properties(bench.spec, bench.spec.response_schema(kind.get))
    found = _existing(bench, kind, kind.update) if returned.keys() & {*CREATORS} else []
    for subject in [each for each in found if bench.allows(kind.update, each.values)][:_OF_OTHERS]:
        response = bench.state(subject)
        body = as_object(None if response is None else response.body)
        creators = {as_object(body.get(name)).get("id") for name in CREATORS}
        if bench.user is not None and creators - {bench.user, None}:
            touch(bench, subject)
            return


def _existing(bench: Bench, kind: Kind, operation: Operation) -> list[Subject]:
    """Return objects that existed before, first those in a state in which the operation has its effects."""
    wanted = [value for node in bench.spec.effects(operation) for value in as_object(node.get("when")).values()]
    states = [state for value in wanted for state in (value if is_array(value) else [value])]
    objects = bench.selector.objects.for_path(operation.path, _ALL)
    known = {_key(operation, each.values): each.kind for each in objects}

    def mismatches(values: PathValues) -> int:
        return -sum(state in known.get(_key(operation, values), ()) for state in states)

    found = sorted(bench.selector.usable(operation), key=mismatches)
    if any(_needs_part(node) for node in bench.spec.effects(operation)):
        # Few objects are like that, and their kind does not show it.
        others = [{name: each.values[name] for name in operation.parameters} for each in objects]
        found += [values for values in others if values not in found]
    traits = {key: each for key, each in known.items() if len(each) > 1}
    return [
        Subject(kind, dict(values), None, is_own=False, traits=traits.get(_key(operation, values), ()))
        for values in found
    ]


def _foreign(bench: Bench, kind: Kind) -> Iterator[Subject]:
    """Yield objects that another organization has too, such as its members."""
    known = bench.selector.objects.for_path(kind.path, _ALL) if bench.foreign is not None else ()
    found = (Subject(kind, dict(each.values), None, is_own=False) for each in known)
    yield from (each for each in found if bench.user not in each.values.values() and bench.is_foreign(each))


def _is_final(bench: Bench, operation: Operation) -> bool:
    """Return whether an action can neither be repeated nor undone, so that others may not be possible after it."""
    return any(node.get("repeated") == "refused" and "undone-by" not in node for node in bench.spec.effects(operation))


def _needs_part(node: Mapping[str, Any]) -> bool:
    """Return whether an effect needs an object inside another one, such as the job of an agent."""
    return any(pointer.startswith("/") for pointer in as_object(node.get("when")))


def _check_existing(bench: Bench, kind: Kind, parent: PathValues, others: Others) -> Iterator[Operation]:
    """Check the effects of operations on objects that existed before, if the options allow it."""
    if kind.update is not None:
        yield kind.update
        others_than_user = [
            each for each in _existing(bench, kind, kind.update) if bench.user not in each.values.values()
        ]
        for subject in [*_foreign(bench, kind), *others_than_user][:1]:
            with bench.permitted(kind.update):
                check_updates(bench, subject, same_id_below(bench, subject))
    for operation in kind.actions:
        yield operation
        with bench.permitted(operation):
            check_actions(bench, operation, _existing(bench, kind, operation), [])
    for operation in kind.actions:
        with bench.permitted(operation):
            check_actor(bench, operation, _existing(bench, kind, operation), {})
    with bench.permitted(kind.delete):
        _check_existing_deletion(bench, kind)
    for child in kind.children:
        first = child.create or child.list or child.get
        values = bench.selector.usable(first)[:1] if first is not None and first.parameters else ()
        yield from _check_kind(bench, child, {**parent, **(values[0] if values else {})}, others)


def _check_existing_deletion(bench: Bench, kind: Kind) -> None:
    """Delete an object of a kind that the API cannot create."""
    if kind.delete is None or kind.create is not None or not bench.wants(kind.delete):
        return
    expendable = bench.selector.expendable(kind.delete)[:_EXPENDABLE]
    found = [Subject(kind, dict(each), None, is_own=False) for each in expendable if bench.user not in each.values()]
    states = [(each, state.body) for each in found if (state := bench.state(each)) is not None]
    for subject, body in states[:1]:
        siblings = [Subject(kind, dict(each), None) for each in _found(bench, kind, subject.values)]
        known = evolve(subject, body=body)
        others = referring_to(bench, known)
        check_deletion(bench, subject, [each for each in siblings if each.values != subject.values][:1])
        gone = None if kind.get is None else bench.send(kind.get, subject.values)
        if gone is not None and not gone.ok:
            check_unreferenced(bench, known, others, gone)
        for each in others:
            bench.delete(each)


def _key(operation: Operation, values: PathValues) -> tuple[str | int, ...]:
    return tuple(values[name] for name in operation.parameters)
