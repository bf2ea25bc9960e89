"""Keywords of a schema in prose and in the spec: the default and the limits of a value.

The same forms are read in the documentation and in the descriptions of the spec. A default that is not a literal, such
as the current time, is not read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Keywords: TypeAlias = Mapping[str, frozenset[str]]
"""The values of each keyword, as text. There is more than one if they contradict each other."""

_CODE = r"`[^`\n]+`"
_LITERAL = rf"(?:{_CODE}|(?:-?\d[\d,]*|true|false|null)\b)"
_NUMBER = r"`?\d[\d,]*+`?+"
_CHARACTERS = r" (?:letters|characters)"
_FORMS = (
    rf"\bdefault(?: \w+)?(?::| is| of)\s+(?P<default>{_LITERAL})",
    rf"\bdefault \w+ when (?:[^.`]|{_CODE})* is (?P<default>{_LITERAL})",
    rf"\bdefaults(?: it)? to (?P<default>{_LITERAL})",
    rf"(?P<default>{_CODE})(?: \(default\)|, the default\b| value [^.`]* is the default\b)",
    rf"\bvalue (?P<default>{_CODE}) is used\b",
    rf"(?P<minimum>{_NUMBER})(?: \([^()]*\))? to (?P<maximum>{_NUMBER})",
    rf"\bmaximum(?::| is| of) (?P<maximum>{_NUMBER})",
    rf"\bat most (?P<maximum>{_NUMBER})(?!{_CHARACTERS})",
    rf"\b(?:at most (?={_NUMBER}{_CHARACTERS})|maximum length is )(?P<maxLength>{_NUMBER})",
    rf"\bless than (?P<kilobytes>{_NUMBER}) kilobytes",
)
_PATTERNS = [re.compile(form, re.IGNORECASE) for form in _FORMS]
_EXTENSIONS = ("x-strict", "x-page-size", "x-filters", "x-includes", "x-excludes", "x-sorts")
_NAMES = ("default", "minimum", "maximum", "maxLength")


def keywords_of_text(text: str) -> Keywords:
    """Return the keywords that a description states."""
    return _collected(
        _limit_of_kilobytes(value) if name == "kilobytes" else (name, value.strip('` "').replace(",", ""))
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
        for name, value in match.groupdict().items()
    )


def keywords_of_node(node: Mapping[str, Any]) -> Keywords:
    """Return the keywords of a parameter or a schema object, of its extensions and of its description."""
    nodes = [node, *(node[key] for key in _EXTENSIONS if isinstance(node.get(key), dict))]
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


def _limit_of_kilobytes(number: str) -> tuple[str, str]:
    return "maxLength", str(int(number) * 1024 - 1)
