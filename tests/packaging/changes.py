"""Changes between two revisions: their severity, the version that they need, and their text for a changelog."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from typing import Literal, TypeAlias

from attrs import frozen

Section: TypeAlias = Literal["Added", "Changed", "Deprecated", "Removed"]
"""A heading of Keep a Changelog."""

OPERATION = "{operation}"
"""Part of a text in place of the operation, so that the same change of many operations is one line."""

_SECTIONS: tuple[Section, ...] = ("Added", "Changed", "Deprecated", "Removed")
_NAMED_OPERATIONS = 3
_WIDTH = 120
_NUMBER = re.compile(r"\d+")
_PRE_RELEASE = re.compile(r"[\d.]+-?(?:a|alpha|b|beta|rc|dev)[\d.]*")


class Severity(IntEnum):
    """The number of a semantic version that a change raises."""

    PATCH = 1
    MINOR = 2
    BREAKING = 3


@frozen
class Change:
    """A change, in a sentence or a phrase without a dot."""

    section: Section
    severity: Severity
    text: str
    operation: str = ""


def merged(changes: Iterable[Change]) -> list[Change]:
    """Return each change once and with its highest severity, in the order of a changelog: breaking ones come first."""
    worst: dict[tuple[Section, str, str], Change] = {}
    for change in changes:
        key = change.section, change.text, change.operation
        if key not in worst or worst[key].severity < change.severity:
            worst[key] = change
    grouped: dict[Change, list[str]] = {}
    for change in worst.values():
        grouped.setdefault(Change(change.section, change.severity, change.text), []).append(change.operation)
    named = [
        Change(each.section, each.severity, each.text.replace(OPERATION, _listed(operations)))
        for each, operations in grouped.items()
    ]
    return sorted(named, key=_order)


def _order(change: Change) -> tuple[int, bool, str]:
    return _SECTIONS.index(change.section), change.severity < Severity.BREAKING, change.text.replace("`", "")


def _listed(operations: list[str]) -> str:
    named, count = sorted(operations)[:_NAMED_OPERATIONS], len(operations) - _NAMED_OPERATIONS
    if count > 0:
        named.append(f"{count} more")
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def markdown(changes: Iterable[Change], subject: str) -> str:
    """Return the lines of a changelog, with `subject` in bold below each heading."""
    found, lines = merged(changes), list[str]()
    for section in _SECTIONS:
        if items := [_item(change) for change in found if change.section == section]:
            lines += [f"### {section}", "", f"**{subject}**", "", *items, ""]
    return "".join(f"{line}\n" for line in lines[:-1])


def _item(change: Change) -> str:
    mark = "**Breaking:** " if change.severity is Severity.BREAKING else ""
    text = f"- {mark}{change.text[:1].upper()}{change.text[1:]}."
    return textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def summary(changes: Iterable[Change], base: str) -> str:
    """Return the number of changes of each severity, in one line."""
    counts = Counter(change.severity for change in merged(changes))
    listed = ", ".join(f"{counts[severity]} {severity.name.lower()}" for severity in reversed(Severity))
    return f"changes since {base}: {listed}"


def version_problem(changes: Iterable[Change], base: str, version: str) -> str | None:
    """Return why `version` is too low for changes since the version `base`, in one line, or None.

    Before 1.0.0, a breaking change raises the second number, and any other the third. After a pre-release such as
    1.0.0rc1, its final version 1.0.0 may have any change.
    """
    severity = max((change.severity for change in changes), default=None)
    if severity is None:
        return None
    old, new = ([int(number) for number in _NUMBER.findall(each)[:3]] for each in (base, version))
    if _PRE_RELEASE.fullmatch(base) and version != base and new >= old:
        return None
    count = Severity.BREAKING - severity + 1
    if old[0] == 0:
        count = min(count + 1, len(old))
    if new[:count] > old[:count]:
        return None
    needed = ".".join(map(str, [*old[: count - 1], old[count - 1] + 1, *[0] * (len(old) - count)]))
    kind = severity.name.lower()
    return f"the version {version} is too low: {kind} changes since {base} need {needed} or above"
