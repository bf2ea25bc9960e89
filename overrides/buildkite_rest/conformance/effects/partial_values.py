"""Updates of a part of an object: a single property of it, or fewer entries of the user than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object, is_object
from ..loopback import is_local
from ..traffic import Response
from .checks import OTHER_PROPERTY, VALUE
from .comparison import equivalent, shown
from .pointers import MISSING, resolve
from .texts import has_texts
from .updatable import Updatable
from .values import choices, object_schema, properties, types

#: Entries, and fewer ones with another value.
_ENTRIES: Final[tuple[Mapping[str, str], ...]] = ({"FIRST": "1", "SECOND": "2"}, {"FIRST": "3"}, {})
#: Keywords of a text that is not free.
_TEXT_LIMITS: Final = frozenset({"pattern", "format", "oneOf"})


def change_parts(target: Updatable, name: str) -> None:
    """Change the properties of an object in a property one by one, or replace its entries by fewer ones."""
    spec, schema = target.bench.spec, target.schema[name]
    if "object" not in types(schema):
        return
    if has_texts(spec, schema):
        _replace_entries(target, name)
        return
    described = object_schema(spec, schema)
    for part, node in properties(spec, described).items():
        state = target.state()
        required = {each: resolve(_place(target, name, each), state) for each in described.get("required", ())}
        current = resolve(_place(target, name, part), state)
        if MISSING in required.values() or f"{name}/{part}" in target.rules.write_only:
            continue
        value = _other(node, target, part, current)
        if value is not MISSING:
            _check_alone(target, name, {**required, part: value}, state)


def _replace_entries(target: Updatable, name: str) -> None:
    """Send entries, then fewer ones, and then none: the last ones replace all others."""
    if name in target.rules.hidden(target.state()):
        return
    for entries in _ENTRIES:
        state = target.state()
        response = target.send(target.required_of(state) | {name: entries})
        if not response.ok or name not in target.rules.comparable({name: entries}, response.body):
            return

        def rule(found: Response, entries: Mapping[str, str] = entries) -> Iterator[str]:
            returned = resolve(target.rules.pointers.get(name, name), found.body)
            if found.ok and is_object(returned or {}) and (returned or {}) != entries:
                yield f"{name} is {shown(returned)} instead of {shown(entries)}, which replaces the former value"

        target.bench.report(VALUE, rule(response), response, response)
        target.bench.check(VALUE, target.read, target.subject.values, rule, response)


def _check_alone(target: Updatable, name: str, value: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Send a part of an object, which must be stored, and leave the other parts alone."""
    response = target.send(target.required_of(before) | {name: value})
    if not response.ok or name not in target.rules.comparable({name: value}, response.body):
        return
    lost: list[str] = []
    for part, wanted in value.items():
        returned = resolve(_place(target, name, part), response.body)
        is_shown = returned is not MISSING or is_local(target.bench.session.options.base_url)
        if is_shown and not equivalent(wanted, returned):
            lost.append(f"{part} of {name} is {shown(returned)} instead of {shown(wanted)} after an update of it alone")
    pointer = target.rules.pointers.get(name, name)
    old, new = as_object(resolve(pointer, before)), as_object(resolve(pointer, response.body))
    changed = [key for key in old.keys() & new.keys() - value.keys() if _is_switched(old[key], new[key])]
    messages = [
        f"an update of {' and '.join(value)} of {name} has another effect: {key} is {new[key]}" for key in changed
    ]
    target.bench.report(VALUE, lost, response, response)
    target.bench.report(OTHER_PROPERTY, messages, response, response)


def _is_switched(old: object, new: object) -> bool:
    return isinstance(old, bool) and old != new


def _place(target: Updatable, name: str, part: str) -> str:
    """Return the pointer to a part of a property in a returned object."""
    pointer = target.rules.pointers.get(name, name)
    return target.rules.pointers.get(f"{name}/{part}", f"{pointer}/{part}")


def _other(node: Mapping[str, Any], target: Updatable, name: str, current: Any) -> Any:
    """Return another value than the current one, or `MISSING`. A switch that is not returned may be off."""
    kinds = types(node)
    if "boolean" in kinds:
        return not current if isinstance(current, bool) else True
    if found := [each for each in choices(node) if each not in (current, None)]:
        return found[0]
    if "string" in kinds and current is not MISSING and not _TEXT_LIMITS & node.keys():
        known = target.bench.examples.candidates(name)
        return next((each for each in known if isinstance(each, str) and each != current), MISSING)
    return MISSING
