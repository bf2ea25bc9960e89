"""Checks of deletions and of paths with another parent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from ..._base.json_values import as_object
from ..loopback import is_local
from ..names import unique_name, unique_name_in
from ..objects import identifier_of
from ..page_items import items_of
from ..spec import Operation
from ..traffic import Response
from .below import check_filters_by, check_gone_below, read_below
from .bench import Bench, Others, Subject
from .bodies import values_of
from .bystanders import check_unchanged, snapshots
from .checks import DELETED, LIST, OTHER_OBJECT, PARENT
from .filtered import check_related_filters
from .kinds import Kind
from .lists import check_gone, listed_keys, lists_with
from .mentions import check_unmentioned, mentioned_by
from .own_filters import OwnFilters
from .recreation import check_recreation, distinguish
from .relatives import relations_elsewhere
from .values import BodyRules, choices, is_name, properties, request_schema, types

#: Index of the objects below one that is deleted: different indexes refer to different objects.
_BELOW: Final = 7
#: The part of the path of an object that a request may choose.
_SLUG: Final = "slug"
#: Objects of other kinds with the same id.
_RELATED: Final = 3


def check_wrong_parents(bench: Bench, subject: Subject, others: Others) -> None:
    """Check that an object is not found below another parent. `others` are other parents by path parameter."""
    kind = subject.kind
    operations = [kind.get, *kind.actions, kind.update, kind.delete]
    before = snapshots(bench, [subject])
    _check_other_lists(bench, subject, others)
    for operation in operations:
        if operation is None or not bench.wants(operation):
            continue
        for name, values in others.items():
            other = next((value for value in values if value != subject.values.get(name)), None)
            if name in operation.parameters[:-1] and other is not None:
                response = _send_below(bench, subject, operation, name, other)
                if response is not None and not operation.is_read_only:
                    check_unchanged(bench, before, response, f"a request below another {name}")


def _check_other_lists(bench: Bench, subject: Subject, others: Others) -> None:
    """Check that an object is not in the list of another parent."""
    listing = subject.kind.list
    for name, values in others.items():
        other = next((value for value in values if value != subject.values.get(name)), None)
        if listing is not None and bench.wants(listing) and name in listing.parameters and other is not None:
            item, page = bench.find(evolve(subject, values={**subject.values, name: other}))
            if page is not None:
                found = [] if item is None else [f"an object of another {name} is in the list"]
                bench.report(PARENT, found, page, subject.created or page)


def _send_below(bench: Bench, subject: Subject, operation: Operation, name: str, other: str | int) -> Response | None:
    """Send a request for an object below another parent."""
    if not bench.allows(operation, subject.values):
        return None
    values, examples = {**subject.values, name: other}, operation.body_examples
    body = None if operation.is_read_only or not examples else bench.bodies.body(operation, examples[0], 0, values)
    response = bench.send(operation, values, body)
    found = [f"the object is found below another {name} than its own, {other}"] if response.ok else []
    bench.report(PARENT, found, response, response)
    return response


def check_deletion(
    bench: Bench,
    subject: Subject,
    bystanders: Sequence[Subject],
    *,
    again: bool = False,
    relations: Sequence[Subject] = (),
) -> None:
    """Delete an object, and check that it and what is below it is gone with its relations, but none of the bystanders.

    With `again`, another object with its key is created and deleted afterwards.
    """
    kind = subject.kind
    delete = kind.delete
    if delete is None or bench.spec.effects(delete) or not bench.allows(delete, subject.values):
        return
    mentions = mentioned_by(bench, subject)
    related = [*same_id_below(bench, subject), *relations]
    if again and kind.path not in bench.recreated:
        distinguish(bench, subject, bystanders)
    copies = [copy for original, copy in bench.copies if original.values == subject.values]
    twin = _twin(bench, subject) if again else None
    shared = relations_elsewhere(bench, subject) if again else ()
    before, lists = snapshots(bench, [*bystanders, *copies, twin, *shared]), lists_with(bench, subject)
    has_pages = kind.list is None or "per_page" in kind.list.query
    state, order = bench.state(subject), () if has_pages else listed_keys(bench, subject)
    reads = read_below(bench, subject)
    shown = subject.body if state is None else state.body
    filters = OwnFilters.of(bench, subject, shown) if again else OwnFilters(bench, ())
    response = bench.send(delete, subject.values)
    if not response.ok:
        return
    bench.removed(subject)
    bench.selector.record_success(delete, values_of(delete, subject.values), None)
    if not bench.wants(delete, kind.get, kind.list, *(each.list for each in kind.children)):
        return
    check_unchanged(bench, before, response, "the deletion of an object")
    for bystander in bystanders:
        item, page = bench.find(bystander)
        if page is not None and item is None:
            message = "the deletion of an object removed another one from the list"
            bench.report(OTHER_OBJECT, [message], page, response)
    item, page = bench.find(subject)
    if page is not None:
        found = [] if item is None else ["the deleted object is in the list"]
        bench.report(LIST, found, page, response)
        _check_others(bench, subject, order, page, response)
    check_gone(bench, subject, lists, response)
    check_unmentioned(bench, subject, mentions, response)
    check_related_filters(bench, subject, response, is_listed=False)
    filters.check(subject, response, is_listed=False)
    _check_gone(bench, subject, response)
    check_gone_below(bench, subject, reads, response)
    check_filters_by(bench, subject, response)
    if again:
        bench.gone.discard(kind.path)
    _check_refused(bench, subject, response)
    for each in [*bench.below(subject), *related]:
        _check_gone(bench, each, response)
        _check_refused(bench, each, response)
    for each in related:
        item, page = bench.find(each)
        if page is not None:
            found = [] if item is None else ["what belongs to the deleted object is in a list"]
            bench.report(LIST, found, page, response)
    if again:
        check_recreation(bench, subject, shown, bench.below(subject), bystanders, filters=filters)


def _check_others(bench: Bench, subject: Subject, before: Sequence[str], page: Response, cause: Response) -> None:
    """Check that a list without pages that had a deleted object still has all others, and no further one."""
    keys = [str(identifier_of(subject.kind.parameter, item)) for item in items_of(page.body) or ()]
    gone = [key for key in before if key not in keys and key != str(subject.values[subject.kind.parameter])]
    if gone and subject.is_own:
        message = f"the deletion of an object removed another one from the list, {gone[0][:80]}"
        bench.report(OTHER_OBJECT, [message], page, cause)
    if added := [key for key in keys if key not in before] if before and subject.is_own else []:
        message = f"the deletion of an object added another one to the list, {added[0][:80]}"
        bench.report(OTHER_OBJECT, [message], page, cause)


def add_parts(bench: Bench, subject: Subject) -> list[Subject]:
    """Create objects of each kind below one that is updated and deleted: a minimal one, and one that is switched.

    An action on their parent may have an effect only on those that are disabled, for example.
    """
    kind = subject.kind
    if kind.path in bench.filled or not subject.is_own or not bench.wants(kind.delete, kind.update):
        return []
    bench.filled.add(kind.path)
    kinds = [child for child in kind.children if child.get is not None and child.delete is not None]
    made = [bench.create(child, subject.values, _BELOW, minimal=True) for child in kinds]
    made += [_switched(bench, child, subject) for child in kinds]
    parts = [each for each in made if each is not None and bench.state(each) is not None]
    bench.permanent.extend(each for each in parts if each not in bench.permanent)
    return parts


def _switched(bench: Bench, kind: Kind, parent: Subject) -> Subject | None:
    """Create an object below another one in which each switch has another value than its default."""
    create = kind.create
    if create is None or not create.body_examples:
        return None
    schema = request_schema(bench.spec, create)
    known, defaults = properties(bench.spec, schema), BodyRules.of(schema).defaults
    switches = {
        name: next((value for value in choices(node) if value != defaults[name]), None)
        for name, node in known.items()
        if isinstance(defaults.get(name), bool | str) and ("enum" in node or "boolean" in types(node))
    }
    body = bench.bodies.body(create, create.body_examples[-1], _BELOW + 1, parent.values)
    return bench.create_first(kind, parent.values, [{**body, **switches}]) if switches else None


def _twin(bench: Bench, subject: Subject) -> Subject | None:
    """Create an object like another one, once for each kind. It has another name if that must be unique."""
    kind, create = subject.kind, subject.kind.create
    if create is None or kind.get is None or kind.path in bench.twins or not (subject.is_own and subject.sent):
        return None
    bench.twins.add(kind.path)
    if any(node.get("object") == "created" for node in bench.spec.effects(create)):
        return None  # it changes the same object
    schema = request_schema(bench.spec, create)
    known, unique = properties(bench.spec, schema), BodyRules.of(schema).unique
    response = bench.state(subject)
    present = as_object(None if response is None else response.body)
    texts = {name: present[name] for name in subject.sent if isinstance(present.get(name), str)}
    names = {name: unique_name(known[name]) for name in subject.sent if is_name(name) or name in unique}
    if _SLUG in known and isinstance(present.get(_SLUG), str):
        names[_SLUG] = f"{present[_SLUG]}-2"  # a deletion by the beginning of a slug would be noticed
    body = {**subject.sent, **texts, **names}
    # Elsewhere, only a name shows that the new object is the run's, and rules may be there that are not documented.
    is_on_this_machine = is_local(bench.session.options.base_url)
    if not is_on_this_machine and (names or unique_name_in(json.dumps(body)) is None):
        return None
    before = snapshots(bench, [subject])
    is_shareable = names or "label" in body
    what = "an object with all but the name of another one" if is_shareable else ""
    made = bench.create_first(kind, subject.values, [body], documented=what, is_possible=True)
    if made is not None and made.created is not None:
        check_unchanged(bench, before, made.created, "the creation of an equal object")
    return made if made is not None and made.values != subject.values else None


def same_id_below(bench: Bench, subject: Subject) -> list[Subject]:
    """Return objects further down with the same id, such as a member of the organization in a team."""
    name = subject.kind.parameter
    depth = subject.kind.path.count("{")
    kinds = [each for kind in bench.kinds for each in kind.with_all_below if each.path.count("{") > depth]
    found = [
        Subject(kind, dict(values), None, is_own=False)
        for kind in kinds
        if kind.get is not None and kind.parameter == name
        for values in bench.selector.usable(kind.get)
        if values.get(name) == subject.values[name] and bench.wants(kind.get)
    ]
    return [each for each in found[:_RELATED] if bench.state(each) is not None]


def _check_gone(bench: Bench, subject: Subject, cause: Response) -> None:
    kind = subject.kind
    reads = [kind.get, *bench.short_reads(kind), *(child.list for child in kind.children)]
    for operation in reads:
        if operation is not None and set(operation.parameters) <= set(subject.values):
            name = "the deleted object" if operation is kind.get else "what belongs to the deleted object"

            def rule(found: Response, name: str = name) -> Iterator[str]:
                if found.ok:
                    yield f"{name} can be read"

            bench.check(DELETED, operation, subject.values, rule, cause)


def _check_refused(bench: Bench, subject: Subject, cause: Response) -> None:
    """Check that a deleted object cannot be changed or deleted."""
    kind = subject.kind
    if kind.path in bench.gone:
        return  # it is the same for all objects of a kind
    bench.gone.add(kind.path)
    for operation in (kind.update, kind.delete, *kind.actions[:1]):
        if operation is not None and bench.wants(operation) and bench.allows(operation, subject.values):
            examples = operation.body_examples
            body = bench.bodies.body(operation, examples[0], 0, subject.values) if examples else None
            response = bench.send(operation, subject.values, body)
            bench.session.count(DELETED.name)
            if response.ok:
                message = f"the deleted object accepts {operation.method}"
                bench.report(DELETED, [message], response, cause)
