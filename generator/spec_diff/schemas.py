"""Changes of schemas. The API is strict about requests, and readers of responses are lenient.

A lenient reader accepts unknown values of enums, unknown variants, and values out of bounds. It relies on the presence
and the JSON types of values.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from attrs import define, field

from ..changes import Change, Severity
from ..document import resolve, schema_name
from .shapes import merged, shape, without_null

Direction: TypeAlias = Literal["request", "response"]

_READ_AS_ANOTHER_TYPE = ("date-time", "binary")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("format", "pattern", "multipleOf", "uniqueItems")


@define
class SchemaDiff:
    """Comparison of the schemas of two documents, which compares a pair of components once for each direction."""

    base: dict[str, Any]
    revision: dict[str, Any]
    _seen: set[tuple[str, str, Direction]] = field(factory=set, init=False)

    def deprecations(self) -> Iterator[Change]:
        """Yield the components that are now deprecated, or no longer, whatever refers to them."""
        before, after = (each.get("components", {}).get("schemas", {}) for each in (self.base, self.revision))
        for name in before.keys() & after.keys():
            yield from deprecation(f"`{name}`", before[name], after[name])

    def compare(self, subject: str, base: Any, revision: Any, direction: Direction) -> Iterator[Change]:
        """Yield the changes from the schema `base` to `revision`. `subject` names the value with this schema."""
        base, was_nullable = without_null(base)
        revision, is_nullable = without_null(revision)
        if was_nullable != is_nullable:
            yield _type_change(subject, "null", is_gained=is_nullable, direction=direction)
        before, after = schema_name(base), schema_name(revision)
        if before and after:
            if (before, after, direction) in self._seen:
                return
            self._seen.add((before, after, direction))
            subject = f"`{after}`"
        if before or after:
            targets = resolve(self.base, base), resolve(self.revision, revision)
            yield from self.compare(subject, *targets, direction)
        else:
            yield from self._compare_shapes(subject, base, revision, direction)

    def _compare_shapes(self, subject: str, base: Any, revision: Any, direction: Direction) -> Iterator[Change]:
        before, after = shape(self.base, base), shape(self.revision, revision)
        yield from _type_changes(subject, before.types, after.types, direction)
        yield from _value_changes(subject, before.values, after.values, direction)
        yield from _limit_changes(subject, before.keywords, after.keywords, direction)
        yield from self._variant_changes(subject, before.variants, after.variants, direction)
        for key, name in (("items", "[]"), ("additionalProperties", ".*")):
            old, new = before.keywords.get(key), after.keywords.get(key)
            if isinstance(old, dict) and isinstance(new, dict):
                yield from self.compare(_part(subject, name), old, new, direction)

    def _variant_changes(
        self, subject: str, base: dict[str, Any], revision: dict[str, Any], direction: Direction
    ) -> Iterator[Change]:
        if len(base) == len(revision) == 1:  # not unions, so that the name of a tag does not matter
            pairs = [(*base.values(), *revision.values())]
        else:
            pairs = [(base[tag], revision[tag]) for tag in base if tag in revision]
            for tag in revision.keys() - base.keys() if base else ():
                yield Change("Added", Severity.MINOR, f"the variant `{tag}` of {subject} in {direction}s")
            for tag in base.keys() - revision.keys() if revision else ():
                yield Change("Removed", _if_request(direction), f"the variant `{tag}` of {subject} in {direction}s")
        for old, new in pairs:
            if schema_name(old) and schema_name(new):
                yield from self.compare(subject, old, new, direction)
            else:
                yield from self._property_changes(
                    subject, merged(self.base, old), merged(self.revision, new), direction
                )

    def _property_changes(
        self, subject: str, base: dict[str, Any], revision: dict[str, Any], direction: Direction
    ) -> Iterator[Change]:
        before, after = base["properties"], revision["properties"]
        was_required, is_required = base.get("required", ()), revision.get("required", ())
        for name in before.keys() - after.keys():
            yield Change("Removed", Severity.BREAKING, f"{_part(subject, f'.{name}')} in {direction}s")
        for name in after.keys() - before.keys():
            text = f"{_part(subject, f'.{name}')} in {direction}s"
            is_needed = direction == "request" and name in is_required
            yield (
                Change("Added", Severity.BREAKING, f"{text}, which is required")
                if is_needed
                else Change("Added", Severity.MINOR, text)
            )
        for name in before.keys() & after.keys():
            part = _part(subject, f".{name}")
            if (name in was_required) != (name in is_required):
                yield required_change(part, is_required=name in is_required, direction=direction)
            yield from deprecation(part, before[name], after[name])
            yield from self.compare(part, before[name], after[name], direction)


def required_change(subject: str, *, is_required: bool, direction: Direction) -> Change:
    """Return the change of a value that is now required, or no longer."""
    if direction == "request":
        text, severity = "required" if is_required else "optional", _if_breaking(is_required)
        return Change("Changed", severity, f"{subject} is {text} in requests")
    text, severity = "is always present" if is_required else "may be absent", _if_breaking(not is_required)
    return Change("Changed", severity, f"{subject} {text} in responses")


def deprecation(subject: str, base: dict[str, Any], revision: dict[str, Any]) -> Iterator[Change]:
    """Yield the change of something that is now deprecated, or no longer."""
    was_deprecated, is_deprecated = bool(base.get("deprecated")), bool(revision.get("deprecated"))
    if is_deprecated and not was_deprecated:
        yield Change("Deprecated", Severity.MINOR, subject)
    elif was_deprecated and not is_deprecated:
        yield Change("Changed", Severity.MINOR, f"{subject} is not deprecated any more")


def _part(subject: str, suffix: str) -> str:
    """Return the subject of a part: `Build.env` of `Build`, and `.env` of a subject that is not one name."""
    return f"{subject[:-1]}{suffix}`" if subject.startswith("`") else f"`{suffix}` of {subject}"


def _if_breaking(is_breaking: bool) -> Severity:
    return Severity.BREAKING if is_breaking else Severity.MINOR


def _if_request(direction: Direction) -> Severity:
    return _if_breaking(direction == "request")


def _type_change(subject: str, kind: str, *, is_gained: bool, direction: Direction) -> Change:
    text = "may be" if is_gained else "cannot be" if direction == "request" else "is never"
    return Change(
        "Changed", _if_breaking(is_gained == (direction == "response")), f"{subject} {text} {kind} in {direction}s"
    )


def _type_changes(
    subject: str, base: frozenset[str], revision: frozenset[str], direction: Direction
) -> Iterator[Change]:
    if not base or not revision:  # one of them accepts any type
        if base or revision:
            yield _type_change(subject, "of any other type", is_gained=not revision, direction=direction)
        return
    for kind in sorted(_with_integers(base) ^ _with_integers(revision)):
        if kind in base | revision:
            yield _type_change(subject, f"of the type {kind}", is_gained=kind in revision, direction=direction)


def _with_integers(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _value_changes(
    subject: str, base: tuple[Any, ...] | None, revision: tuple[Any, ...] | None, direction: Direction
) -> Iterator[Change]:
    if base is not None and revision is not None:
        for value in revision:
            if value not in base:
                yield Change("Added", Severity.MINOR, f"the value `{value}` of {subject}")
        for value in base:
            if value not in revision:
                yield Change("Removed", _if_request(direction), f"the value `{value}` of {subject}")
    elif revision is not None:
        yield Change("Changed", _if_request(direction), f"{subject} has only certain values in {direction}s")
    elif base is not None:
        yield Change("Changed", Severity.MINOR, f"{subject} may have any value in {direction}s")


def _limit_changes(
    subject: str, base: dict[str, Any], revision: dict[str, Any], direction: Direction
) -> Iterator[Change]:
    for key in (*_LOWER, *_UPPER, *_EXACT):
        old, new = (each.get(key) or None if key == "uniqueItems" else each.get(key) for each in (base, revision))
        if old == new:
            continue
        severity = Severity.PATCH
        if direction == "request":
            severity = _if_breaking(_is_tighter(key, old, new))
        elif key == "format" and not {old, new}.isdisjoint(_READ_AS_ANOTHER_TYPE):
            severity = Severity.BREAKING
        yield Change("Changed", severity, f"`{key}` of {subject} {_new_limit(key, old, new)} in {direction}s")


def _is_tighter(key: str, old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is None
    return key in _EXACT or (new > old) == (key in _LOWER)


def _new_limit(key: str, old: Any, new: Any) -> str:
    if new is None:
        return "is gone"
    if key == "pattern":  # may be longer than a line
        return "has changed" if old else "is new"
    return f"is `{new}`" if old is None else f"is `{new}` instead of `{old}`"
