"""Keywords of a schema in prose and in the spec: the default and the limits of a value.

The same forms are read in the documentation and in the descriptions of the spec. A default that is not a literal, such
as the current time, is not read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from generator.behaviour import WORDS

Keywords: TypeAlias = Mapping[str, frozenset[str]]
"""The values of each keyword, as text. There is more than one if they contradict each other."""

_CODE = r"`[^`\n]+`"
_LITERAL = rf"(?:{_CODE}|(?:-?\d[\d,]*|true|false|null)\b)"
_NUMBER = r"`?\d[\d,]*+`?+"
_CHARACTERS = r" (?:letters|characters)\b"
_OPENING = r"(?:^|[.;:(\n]\s*)(?:it is |they are )?"
_IS = r"(?::| is| of)?"
_NOT = r"(?:must not|cannot|can't|may not)"
_AT_LEAST = rf"\b(?:at least|no (?:less|fewer|shorter) than|{_NOT} be (?:less|fewer|shorter) than|min(?:imum)?{_IS}) "
_AT_MOST = (
    r"\b(?:at most|up to|limited to|no (?:more|longer|greater|larger) than"
    rf"|{_NOT} (?:exceed|be (?:more|longer|greater|larger) than)|max(?:imum)?{_IS}) "
)
_OR_MORE = r" or (?:more|greater|longer)\b"
_OR_FEWER = r" or (?:fewer|less|shorter)\b"

_FORMS = (
    rf"\bdefault(?: \w+)?(?::| is| of)\s+(?P<default>{_LITERAL})",
    rf"\bdefault \w+ when (?:[^.`]|{_CODE})* is (?P<default>{_LITERAL})",
    rf"\bdefaults(?: it)? to (?P<default>{_LITERAL})",
    rf"(?P<default>{_CODE})(?: \(default\)| by default\b|, the default\b| value [^.`]* is the default\b)",
    rf"\b(?:value|omitted,|omitted, then) (?P<default>{_CODE}) is used\b",
    rf"{_OPENING}(?P<enabled>enabled|on) by default\b",
    rf"{_OPENING}(?P<disabled>disabled|off) by default\b",
    rf"(?P<minimum>{_NUMBER})(?: \([^()]*\))? to (?P<maximum>{_NUMBER})(?!{_CHARACTERS})",
    rf"(?P<minLength>{_NUMBER}) to (?P<maxLength>{_NUMBER}){_CHARACTERS}",
    rf"\bbetween (?P<minimum>{_NUMBER}) and (?P<maximum>{_NUMBER})(?!{_CHARACTERS})",
    rf"\bbetween (?P<minLength>{_NUMBER}) and (?P<maxLength>{_NUMBER}){_CHARACTERS}",
    rf"\((?P<minimum>{_NUMBER})[-\u2013](?P<maximum>{_NUMBER})\)",
    rf"{_AT_LEAST}(?P<minimum>{_NUMBER})(?!{_CHARACTERS})",
    rf"{_AT_LEAST}(?P<minLength>{_NUMBER}){_CHARACTERS}",
    rf"(?P<minimum>{_NUMBER}){_OR_MORE}",
    rf"(?P<minLength>{_NUMBER}){_CHARACTERS}{_OR_MORE}",
    rf"\bmin(?:imum)? length{_IS} (?P<minLength>{_NUMBER})",
    rf"{_AT_MOST}(?P<maximum>{_NUMBER})(?!{_CHARACTERS})",
    rf"{_AT_MOST}(?P<maxLength>{_NUMBER}){_CHARACTERS}",
    rf"(?P<maximum>{_NUMBER}){_OR_FEWER}",
    rf"(?P<maxLength>{_NUMBER}){_CHARACTERS}{_OR_FEWER}",
    rf"\bmax(?:imum)? length{_IS} (?P<maxLength>{_NUMBER})",
    rf"\bless than (?P<kilobytes>{_NUMBER}) kilobytes",
)
# A line of a page may end between any two words.
_PATTERNS = [re.compile(form.replace(" ", r"\s+"), re.IGNORECASE) for form in _FORMS]
_STATING = ("strict", "page-size", "filters", "includes", "excludes", "sorts")
"""Words of the behaviour with keywords."""
_NAMES = ("default", "minimum", "maximum", "minLength", "maxLength")


def keywords_of_text(text: str) -> Keywords:
    """Return the keywords that a description states."""
    return _collected(
        _keyword(name, value.strip('` "').replace(",", ""))
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
        for name, value in match.groupdict().items()
    )


def keywords_of_node(node: Mapping[str, Any]) -> Keywords:
    """Return the keywords of a parameter or a schema object, of its behaviour and of its description."""
    words = node.get(WORDS, {})
    nodes = [node, *(words[key] for key in _STATING if isinstance(words.get(key), dict))]
    own = ((name, as_text(each[name])) for each in nodes for name in _NAMES if name in each)
    return merged([_collected(own), keywords_of_text(" ".join(str(node.get("description", "")).split()))])


def merged(all_keywords: Iterable[Keywords]) -> Keywords:
    """Return the values of several statements about the same value."""
    return _collected((name, value) for each in all_keywords for name, values in each.items() for value in values)


def as_text(value: Any) -> str:
    """Return a value as descriptions state it: text without quotation marks, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _collected(pairs: Iterable[tuple[str, str]]) -> Keywords:
    found: dict[str, frozenset[str]] = {}
    for name, value in pairs:
        found[name] = found.get(name, frozenset()) | {value}
    return found


def _keyword(name: str, value: str) -> tuple[str, str]:
    """Return the keyword and the value of a group of a form."""
    match name:
        case "enabled" | "disabled":
            return "default", as_text(name == "enabled")
        case "kilobytes":
            return "maxLength", str(int(value) * 1024 - 1)
        case _:
            return name, value
