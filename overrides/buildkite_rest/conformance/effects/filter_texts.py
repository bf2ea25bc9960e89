"""Checks of filters by text: they find an object by its own text in any case, and by no other text of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..filters import Filter, at, filters_of
from ..loopback import is_local
from ..objects import identifier_of
from ..page_items import items_of
from ..spec import Operation
from .bench import Bench, Subject
from .bodies import values_of
from .checks import FILTER
from .comparison import shown
from .values import BodyRules, is_prose, properties, request_schema, types

#: Words with letters that have another case beyond ASCII, and with characters that a query must encode.
_WORDS: Final = ("Éclair", "Zwischen", "C++ & 100%", "Ärger")
_KEY: Final = "Key with spaces: é"
_NAME: Final = "a+b&c=d;é#1"
_ENTRY: Final = "Value & more + 100%"
_PAGE: Final = 100
#: Constraints of texts that have only some values.
_LIMITS: Final = frozenset({"enum", "format", "pattern"})


def check_text_filters(bench: Bench, subject: Subject) -> None:
    """Create an object with texts that differ from each other, and filter the list by them."""
    create, listing = subject.kind.create, subject.kind.list
    if create is None or listing is None or not bench.wants(create, listing):
        return
    if not create.body_examples or not is_local(bench.session.options.base_url):
        return
    schema = request_schema(bench.spec, create)
    known, rules = properties(bench.spec, schema), BodyRules.of(schema)
    base = bench.bodies.body(create, create.body_examples[-1], 0, subject.values)
    filters = [each for each in filters_of(bench.spec, listing) if not each.headers and not each.is_array]
    texts = {
        each.properties[0]: _distinctive(each.properties[0], base)
        for each in filters
        if each.operator == "contains" and each.properties and _is_free(known.get(each.properties[0], {}), base, each)
    }
    entries = {
        each.properties[0]: {_KEY: _ENTRY}
        for each in filters
        if each.operator == "entries" and not each.enum and each.properties and each.properties[0] in known
    }
    names = {
        each.properties[0]: f"{value}/{_NAME}"
        for each in filters
        if each.operator == "glob" and isinstance(value := as_object(base).get(each.properties[0]), str)
    }
    if not texts and not entries and not names:
        return
    prose = {
        name: "Quite another text"
        for name, node in known.items()
        if name not in texts and not node.get("deprecated") and is_prose(node, bench.examples.candidates(name))
    }
    response = bench.send(create, subject.values, {**base, **prose, **texts, **entries, **names})
    made = bench.created_again(subject, response) if response.ok else None
    if made is None:
        return
    for each in filters:
        name = each.properties[0] if each.properties else ""
        for value, is_wanted in _values(each, texts[name], made.body) if name in texts else ():
            _check(bench, made, listing, {each.name: value}, is_wanted=is_wanted)
        if name in names:
            _check(bench, made, listing, {each.name: names[name]}, is_wanted=True)
            _check(bench, made, listing, {each.name: names[name].replace("+", " ")}, is_wanted=False)
        if name in entries and rules.comparable(entries, made.body):
            _check(bench, made, listing, {f"{each.name}[{_KEY}]": _ENTRY}, is_wanted=True)


def _is_free(node: Mapping[str, Any], body: Any, each: Filter) -> bool:
    """Return whether a property is a text that a filter compares without regard to case."""
    value = as_object(body).get(each.properties[0])
    return each.ignores_case and isinstance(value, str) and "string" in types(node) and not _LIMITS & node.keys()


def _distinctive(name: str, body: Mapping[str, Any]) -> str:
    """Return a text in several cases: words after a name, or a URL whose last part begins with a capital."""
    text = str(body[name])
    if name == "name":
        return " ".join((text, *_WORDS))
    head, slash, last = text.rpartition("/")
    return f"{head}{slash}{last[:1].upper()}{last[1:]}"


def _values(each: Filter, text: str, found: Any) -> Iterator[tuple[str, bool]]:
    """Yield values of a filter, and whether they select an object with a text."""
    yield from ((text.lower(), True), (text.upper(), True))
    first, *rest = text.split()
    if len(rest) > 1:
        yield f"{first} {rest[-1]}", False
    for name, other in as_object(found).items():
        is_text = isinstance(other, str) and name not in each.properties
        if is_text and other and other.casefold() not in str(at(found, each.properties[0])).casefold():
            yield other, False


def _check(bench: Bench, made: Subject, listing: Operation, query: Mapping[str, Any], *, is_wanted: bool) -> None:
    values, parameter = values_of(listing, made.values), made.kind.parameter
    page = bench.session.send(listing, values, query={**query, "per_page": _PAGE})
    keys = [str(identifier_of(parameter, item)) for item in items_of(page.body) or ()]
    bench.session.count(FILTER.name)
    if page.ok and (str(made.values[parameter]) in keys) != is_wanted and len(keys) < _PAGE:
        verb = "does not find" if is_wanted else "finds"
        bench.report(FILTER, [f"{shown(dict(query))} {verb} the object {made.values[parameter]}"], page, page)
