"""The report of a comparison: new differences, outdated decisions, and a table of what was compared."""

from collections.abc import Sequence

from generator.bundle import Bundle
from generator.errors import Location
from tests.evidence.decisions import FILE, Pattern
from tests.evidence.differences import KINDS, SPEC, Difference, Differences


def report(
    bundle: Bundle,
    differences: Differences,
    new: Sequence[Difference],
    outdated: Sequence[Pattern],
    sources: Sequence[str],
) -> list[str]:
    """Return the lines of the report."""
    lines = sorted(f"{_location(each, bundle)}: {each.key}" for each in new)
    lines += [
        f"{FILE}: {each.text} is decided in {each.decision!r}, but is no longer a difference" for each in outdated
    ]
    found = list(differences)
    lines += [*_table(differences, found, sources)]
    decided = len(found) - len(new)
    lines.append(f"{len(found)} differences: {decided} decided, {len(new)} new; {len(outdated)} outdated decisions")
    return lines


def _location(difference: Difference, bundle: Bundle) -> Location:
    location = difference.location
    return location if isinstance(location, Location) else bundle.locate(location)


def _table(differences: Differences, found: Sequence[Difference], sources: Sequence[str]) -> list[str]:
    """Return for each kind and source how many subjects agree, of how many that were compared."""
    rows = [["", *sources]]
    for kind in KINDS:
        row = [kind]
        for source in sources:
            subjects = differences.subjects.get((source, kind), set())
            different = {each.subject for each in found if (each.source, each.kind) == (source, kind)}
            row.append(f"{len(subjects) - len(different)}/{len(subjects)}" if subjects else "-")
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def columns(sources: Sequence[str], *, is_complete: bool) -> list[str]:
    """Return the sources of the table; `spec` is what the spec has alone, known only if all sources were compared."""
    return [*sources, SPEC] if is_complete else list(sources)
