"""Values to try filters with, and the rules that their results must satisfy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

from attrs import evolve, field, frozen

from .._base.json_values import as_array, is_array, is_object
from .._base.plurals import plural
from .filters import INDIRECT, Filter, as_text, at
from .page_items import key_of, keys_of
from .response_times import in_other_offsets, just_after, parse_time

#: Values to choose from.
_CANDIDATES: Final = 30
#: Values that no item has.
UNKNOWN_TEXT: Final = "no-such-value-5f0c8e"
UNKNOWN_UUID: Final = "5f0c8e1a-0000-4000-8000-00000000dead"
FAR_FUTURE: Final = "2999-01-01T00:00:00Z"
FAR_PAST: Final = "1999-01-01T00:00:00Z"

#: Characters between the parts of a name.
_SEPARATORS: Final = re.compile(r"[/:]")
#: Operators that compare texts.
_TEXTS: Final = frozenset({"equals", "contains", "glob", "labels"})

Verdict = bool | None
Matches = Callable[[Any], Verdict]


@frozen
class Trial:
    """A query with filters, and the items that it selects."""

    query: Mapping[str, Any]
    matches: Matches = field(eq=False)
    parent: str | None = None
    """Path of the array whose elements are selected, instead of items."""
    may_omit_items: bool = False

    @property
    def text(self) -> str:
        """The query, for messages."""
        return query_text(self.query)

    def __and__(self, other: Trial) -> Trial:
        """Return both filters together."""
        return evolve(self, query={**self.query, **other.query}, matches=partial(_and, self, other))


def _and(one: Trial, other: Trial, item: Any) -> Verdict:
    verdicts = (one.matches(item), other.matches(item))
    return False if False in verdicts else None if None in verdicts else True


def query_text(query: Mapping[str, Any]) -> str:
    """Return a query as text, not encoded."""
    return "&".join(f"{name}={each}" for name, value in query.items() for each in _listed(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if is_array(value) else [value]


def trial(each: Filter, value: Any, related: Callable[[Any], Sequence[Any] | None] | None = None) -> Trial:
    """Return the trial of one value, or of several of an array."""
    wanted = _listed(value)

    def matches(item: Any) -> Verdict:
        found = None if related is None else related(item)
        if related is not None and found is None:
            return None
        verdicts = [each.matches(one, item, found) for one in wanted]
        return True if True in verdicts else None if None in verdicts else False

    if is_object(value):
        query: dict[str, Any] = {f"{each.name}[{key}]": text for key, text in value.items()}
    else:
        query = {each.name: wanted if each.is_array else value}
    return Trial(query, matches, each.parent, each.may_omit_items)


def candidates(each: Filter, items: Sequence[Any], related: Callable[[Any], Sequence[Any] | None] | None) -> list[Any]:
    """Return values to try, from the items of a list (or the elements in them): whole values first."""
    found: list[Any] = []
    for item in items:
        if each.operator == "entries":
            root = at(item, each.properties[0]) if each.properties else item
            pairs = root.items() if is_object(root) else ()
            names = each.enum
            found += [{key: value} for key, value in pairs if isinstance(value, str) and (not names or key in names)]
            continue
        values = (related(item) or ()) if related is not None else each.found(item)
        found += [text for value in values if (text := as_text(value))]
    found += [*each.values, *each.enum]
    if each.enum and each.operator != "entries":
        found = [value for value in found if value in each.enum or value in each.values]
    distinct = list({repr(value): value for value in found}.values())
    if len(distinct) <= _CANDIDATES:
        return distinct
    step = len(distinct) / _CANDIDATES
    return [distinct[int(number * step)] for number in range(_CANDIDATES)]


def split(one: Trial, items: Sequence[Any]) -> tuple[int, int]:
    """Return how many items match and how many do not."""
    verdicts = Counter(one.matches(item) for item in items)
    return verdicts[True], verdicts[False]


def best(trials: Iterable[Trial], items: Sequence[Any]) -> Trial | None:
    """Return the trial that divides the items, with few but several matches if possible."""
    ranked = [(split(one, items), one) for one in trials]
    useful = [(counts, one) for counts, one in ranked if counts[0]]
    if not useful:
        return None
    return min(useful, key=lambda pair: (not pair[0][1], pair[0][0] < 2, pair[0][0]))[1]


def most_matches(trials: Iterable[Trial], items: Sequence[Any]) -> Trial | None:
    """Return the trial with the most matches, if they are several and not all: a filter may stop at the first one."""
    ranked = [(split(one, items), one) for one in trials]
    useful = [(matching, one) for (matching, others), one in ranked if matching > 1 and others]
    return max(useful, key=lambda pair: pair[0])[1] if useful else None


def variants(each: Filter, value: Any, items: Sequence[Any]) -> Iterator[Any]:
    """Return further values with other results: parts, patterns, other cases, negations, and shortened values."""
    if each.operator == "entries" and is_object(value) and not each.enum:
        yield {**value, "no-such-key": UNKNOWN_TEXT}
        yield {"no-such-first-key": UNKNOWN_TEXT, **value}
    if not isinstance(value, str) or each.enum:
        return
    half = max(1, len(value) // 2)
    match each.operator:
        case "glob":
            yield from (f"{value[:half]}*", f"*{value[half:]}", f"*{value[1:-1] or value}*", value[:half], value[half:])
            yield from (f"{value[:1]}*{value[half:]}", f"{value[half:]}*", f"*{value[:half]}")
        case "contains":
            yield value[1:-1] or value
        case "labels":
            yield f"!{value}"
            others = [str(label) for item in items for label in each.found(item) if label not in (None, value)]
            if others:
                yield from (f"{value},{others[0]}", f"{value},!{others[0]}")
        case "equals" if each.is_exact and len(value) > 1:
            words = _SEPARATORS.split(value)
            parts = [value[:half], value[half:], words[0], words[-1]]
            yield from dict.fromkeys(part for part in parts if part not in ("", value))
        case "from" | "before":
            yield from in_other_offsets(value)
            yield from just_after(value)
        case _:
            pass
    if each.ignores_case and value.swapcase() != value:
        yield value.swapcase()


def arrays(each: Filter, value: Any, others: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return arrays whose last value has a meaning of its own: a pattern, or several values in one."""
    for other in others[:1] if each.operator == "glob" and isinstance(value, str) else ():
        yield [other, f"{value[: max(1, len(value) // 2)]}*"]
    for name, matched in each.values.items():
        single = next((each for each in others if each != name and each not in (matched or ())), None)
        if matched is not None and single is not None:
            yield [single, name]


def literal_values(each: Filter, value: Any) -> Iterator[Any]:
    """Return values with characters that are wildcards or patterns elsewhere. They match nothing but themselves."""
    if each.operator == "entries" and is_object(value) and not each.enum:
        last = next(reversed(value), "")
        text = str(value.get(last, ""))
        yield from ({**value, last: each} for each in (*_patterns(text), text[:-1]) if each)
    elif isinstance(value, str) and each.operator in _TEXTS and not (each.enum or each.is_uuid):
        patterns = [*_patterns(value), *(_globs(value) if each.operator == "glob" else ())]
        yield from [patterns] if each.is_array and patterns else patterns


def _middle(text: str) -> int | None:
    """Return the position of a letter in the middle of a text, or after it."""
    return next((index for index in range(len(text) // 2, len(text)) if text[index].isalpha()), None)


def _patterns(text: str) -> Iterator[str]:
    """Return patterns of SQL and of regular expressions that match a text."""
    middle = _middle(text)
    if middle is not None:
        yield from (f"{text[:middle]}{any_character}{text[middle + 1 :]}" for any_character in ("_", "."))
        yield f"{text[:middle]}%"


def _globs(text: str) -> Iterator[str]:
    """Return patterns of shells that match a text, without the only documented one, `*`."""
    middle = _middle(text)
    if middle is not None:
        start, character, end = text[:middle], text[middle], text[middle + 1 :]
        yield from (f"{start}{one}{end}" for one in ("?", f"[{character}]", f"{{{character},~}}", f"\\{character}"))


def unknown(each: Filter) -> Any:
    """Return a value that no item has, or None if there is none to try."""
    if each.operator == "from":
        return FAR_FUTURE
    if each.operator == "before":
        return FAR_PAST
    if each.operator == "entries":
        return {each.enum[0]: UNKNOWN_UUID} if each.enum else {"no-such-key": UNKNOWN_TEXT}
    if each.enum or each.operator in {"partition", "period"} or each.parent is not None:
        return None
    if each.operator == "unseen" and "values" in each.source:
        return None
    value = UNKNOWN_UUID if each.is_uuid else UNKNOWN_TEXT
    return [value] if each.is_array else value


def is_direct(each: Filter) -> bool:
    """Return whether the filter compares a property that can be read."""
    return each.operator not in INDIRECT and bool(each.properties or each.related or each.operator == "entries")


def filter_problems(
    one: Trial, base: Sequence[Any], found: Sequence[Any], *, is_complete: bool, base_is_complete: bool
) -> Iterator[str]:
    """Compare the results of filters with the list without them."""
    if one.parent is not None:
        yield from _nested_problems(one, base, found)
        return
    wrong = [item for item in found if one.matches(item) is False]
    keys, known = keys_of(found), set(keys_of(base))
    missing = [key_of(item) for item in base if one.matches(item) is True and key_of(item) not in set(keys)]
    if wrong:
        yield f"{one.text}: {len(wrong)} of {plural(len(found), 'item')} do not match, such as {key_of(wrong[0])[:80]}"
    if missing and is_complete:
        yield f"{one.text}: {plural(len(missing), 'matching item')} missing, such as {missing[0][:80]}"
    if len(set(keys)) < len(keys) and len(known) == len(base):
        yield f"{one.text}: {plural(len(keys) - len(set(keys)), 'item')} repeated"
    if base_is_complete and (strange := [key for key in keys if key not in known]):
        number = plural(len(strange), "item")
        yield f"{one.text}: {number} not in the list without the filter, such as {strange[0][:80]}"


def order_problems(one: Trial, base: Sequence[Any], found: Sequence[Any]) -> Iterator[str]:
    """Check that the results of filters have the order of the list without them."""
    positions = {key: number for number, key in enumerate(keys_of(base))}
    known = [key for key in keys_of(found) if key in positions]
    for first, second in pairwise(known):
        if positions[first] > positions[second]:
            yield f"{one.text}: {second[:80]} comes after {first[:80]}, but before it without the filter"
            return


def _nested_problems(one: Trial, base: Sequence[Any], found: Sequence[Any]) -> Iterator[str]:
    parent = one.parent or ""
    results = {key_of(item): item for item in found}
    for item in base:
        elements = as_array(at(item, parent))
        verdicts = [(key_of(element), one.matches(element)) for element in elements]
        result = results.get(key_of(item))
        if result is None:
            if not one.may_omit_items or all(verdict for _, verdict in verdicts):
                yield f"{one.text}: {key_of(item)} is missing"
            continue
        keys = set(keys_of(as_array(at(result, parent))))
        shown = [key for key, verdict in verdicts if verdict is False and key in keys]
        hidden = [key for key, verdict in verdicts if verdict is True and key not in keys]
        strange = sorted(keys - {key for key, _ in verdicts})
        if shown:
            yield f"{one.text}: {parent} of {key_of(item)} has {shown[0]}, which does not match"
        elif strange:
            yield f"{one.text}: {parent} of {key_of(item)} has {strange[0]}, which is not in it without the filter"
        if hidden:
            yield f"{one.text}: {parent} of {key_of(item)} lacks {hidden[0]}, which matches"
        if shown or strange or hidden:
            return


def reference_problems(each: Filter, items: Sequence[Any]) -> Iterator[str]:
    """Check that the elements to which others refer are listed, where no filter leaves them out."""
    for item in items:
        elements = [item] if each.parent is None else as_array(at(item, each.parent))
        known = keys_of(items if each.parent is None else elements)
        for element in elements:
            other = at(element, each.refers or "")
            if isinstance(other, str) and other not in known:
                text = query_text(each.widest) or each.name
                yield f"{text}: {other} is missing, to which {key_of(element)[:80]} refers"
                return


def parse_duration(text: str) -> timedelta | None:
    """Return a duration such as `4hours`."""
    match = re.fullmatch(r"(\d{1,4})(hour|day)s?", text)
    return None if match is None else timedelta(**{f"{match[2]}s": int(match[1])})


def period_problems(each: Filter, value: str, base: Sequence[Any], found: Sequence[Any]) -> Iterator[str]:
    """Check that a shorter period has the latest items of a longer one."""
    path = each.properties[0]
    keys = set(keys_of(found))
    if strange := keys - set(keys_of(base)):
        yield f"{each.name}={value}: {min(strange)} is not in the list of the longest period"
    times = [(parse_time(at(item, path)), key_of(item) in keys) for item in base]
    inside = [time for time, is_in in times if time is not None and is_in]
    outside = [time for time, is_in in times if time is not None and not is_in]
    duration = parse_duration(value)
    if inside and duration is not None and max(inside) - min(inside) > duration:
        yield f"{each.name}={value}: the items are of {min(inside)} to {max(inside)}"
    if inside and outside and min(inside) < max(outside):
        yield f"{each.name}={value}: an item of {min(inside)} is listed, one of {max(outside)} is not"
