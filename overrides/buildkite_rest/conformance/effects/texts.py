"""Checks of texts, code and free keys: every character is stored and returned as it was sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeGuard

from ..._base.json_values import as_object, is_object
from ..loopback import is_local
from ..spec import Spec
from ..traffic import Response
from .bench import Bench, Subject
from .checks import VALUE
from .comparison import shown
from .forms import check_forms, wants_forms
from .pointers import MISSING, resolve
from .updatable import Updatable
from .values import BodyRules, is_name, is_prose, object_schema, properties, request_schema, types

#: What programs lose: accents, characters of four bytes, quotes, markup, escapes, inner spaces, numbers as texts.
#: Names of emojis must not become characters.
_LINE: Final = 'Grüße \U0001f680 :rocket: :package: "a" & <b>\\n</b> %20+  007'
_NAME: Final = 'Grüße \U0001f680 "a" & b'
#: Several lines, longer than a column of many databases.
_LINES: Final = f"{_LINE}\n\n{'And so on. ' * 30}\r\n\tEnd"
#: Keys and values that look like something else: another case, a number, a boolean, null.
_ENTRIES: Final = {
    "Mixed_Case": _LINE,
    "LINES": 'first\nsecond "a"=b\r\n\tC:\\new',
    "NUMBER": "007",
    "SWITCH": "true",
    "NOTHING": "null",
    "LINK": "https://acme.example:8443/a,b?c=d",
}
#: A symbol as a character, where the examples have it by name, such as `:lemon:`, or so.
_EMOJI: Final = "\U0001f34b"
_SYMBOL: Final = re.compile(r":[\w+-]+:|[^\x00-\xff]{1,4}")
_NOT_TEXTS: Final = frozenset({"enum", "format", "pattern", "oneOf"})
_INVALID: Final = frozenset({400, 422})


def check_created_texts(bench: Bench, subject: Subject) -> None:
    """Create an object whose texts and free keys have unusual characters."""
    operation, read = subject.kind.create, subject.kind.get
    if operation is None or not operation.body_examples or not _is_possible(bench):
        return
    if not bench.wants(operation) and not wants_forms(bench, subject.kind):
        return
    rules = BodyRules.of(request_schema(bench.spec, operation))
    base = bench.bodies.body(operation, operation.body_examples[-1], 0, subject.values)
    known = properties(bench.spec, request_schema(bench.spec, operation))
    names = {name: f"{base[name]} {_NAME}" for name, node in known.items() if _is_free_name(name, node, base)}
    code = _code(bench, known) | _symbols(bench, known)
    for line, further in ((_LINES, names | code), *([(_LINES, names)] if code else []), (_LINE, {})):
        texts = _texts(bench, known, line, rules.hidden(subject.body)) | further
        if not texts:
            return
        response = bench.send(operation, subject.values, {**base, **texts})
        if response.ok:
            bench.report(VALUE, _lost(texts, rules, response), response, response)
            made = bench.created_again(subject, response)
            if made is not None and read is not None:
                bench.check(VALUE, read, made.values, lambda found, texts=texts: _lost(texts, rules, found), response)  # type: ignore[misc]
            if made is not None:
                check_forms(bench, made)
        if response.status not in _INVALID:
            return


def send_texts(target: Updatable) -> None:
    """Change the texts of an object to some with unusual characters."""
    before = target.state()
    if not _is_possible(target.bench) or not before:
        return
    known = {name: target.schema[name] for name in target.accepted if name not in target.rules.risky}
    code = _code(target.bench, known) | _symbols(target.bench, known)
    for line, further in ((_LINES, code), *([(_LINES, {})] if code else []), (_LINE, {})):
        texts = _texts(target.bench, known, line, target.rules.hidden(before)) | further
        if not texts or not target.rules.comparable(texts, before):
            return
        response = target.send(target.required_of(before) | texts)
        if response.ok:
            target.bench.report(VALUE, _lost(texts, target.rules, response), response, response)
            target.bench.check(
                VALUE,
                target.read,
                target.subject.values,
                lambda found, texts=texts: _lost(texts, target.rules, found),  # type: ignore[misc]
                response,
            )
        if response.status not in _INVALID:
            return


def _is_possible(bench: Bench) -> bool:
    """Return whether the server is on this machine. Others may normalize texts."""
    return is_local(bench.session.options.base_url)


def _texts(bench: Bench, known: Mapping[str, Mapping[str, Any]], line: str, hidden: Collection[str]) -> dict[str, Any]:
    """Return a value for each property that contains natural language or entries of the user."""
    found: dict[str, Any] = {}
    for name, node in known.items():
        if name in hidden or is_name(name) or node.get("deprecated"):
            continue
        if is_prose(node, bench.examples.candidates(name)):
            found[name] = line[
                : int(node.get("maxLength", as_object(node.get("x-strict")).get("maxLength", len(line))))
            ]
        elif "object" in types(node) and has_texts(bench.spec, node):
            found[name] = dict(_ENTRIES)
    return found


def _code(bench: Bench, known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return a value for each property that contains code, YAML or GraphQL: an example, and a comment."""
    examples = _examples(bench, known)
    code = {name: next((each for each in values if _is_code(each)), None) for name, values in examples.items()}
    return {name: f"{text.rstrip()}\n\n#\t{_LINE}\n" for name, text in code.items() if text is not None}


def _symbols(bench: Bench, known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return a character for each property that contains an emoji."""
    examples = _examples(bench, known)
    return {name: _EMOJI for name, values in examples.items() if any(_SYMBOL.fullmatch(str(each)) for each in values)}


def _examples(bench: Bench, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return the examples of each property that may have any text."""
    free = [name for name, node in known.items() if "string" in types(node) and not _NOT_TEXTS & node.keys()]
    return {name: bench.examples.candidates(name) for name in free}


def _is_code(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and "\n" in value


def _is_free_name(name: str, node: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return whether a property is a name that may have any characters, unlike one in a URL."""
    return name == "name" and isinstance(body.get(name), str) and not _NOT_TEXTS & node.keys()


def has_texts(spec: Spec, node: Mapping[str, Any]) -> bool:
    """Return whether an object has texts with any keys, perhaps beside other scalars."""
    described = object_schema(spec, node)
    value = spec.resolve(described.get("additionalProperties"))
    parts = [value, *map(spec.resolve, value.get("oneOf", ()))]
    return "properties" not in described and any(
        "string" in types(part) and not _NOT_TEXTS & part.keys() - {"oneOf"} for part in parts
    )


def _lost(sent: Mapping[str, Any], rules: BodyRules, found: Response) -> Iterator[str]:
    """Yield a message for each text that an object returns in another form."""
    for name, value in rules.comparable(sent, found.body).items() if found.ok else ():
        returned = resolve(rules.pointers.get(name, name), found.body)
        if returned is MISSING:
            continue
        for key, text in value.items() if is_object(value) else [("", value)]:
            other = as_object(returned).get(key, MISSING) if key else returned
            if other != text:
                yield f"{name}{key and '.'}{key} is {shown(other)} instead of {shown(text)}"
