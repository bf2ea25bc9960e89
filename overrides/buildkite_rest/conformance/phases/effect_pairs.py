"""Parameters that include or leave out something have their effect beside every other parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from ..filter_effects import Effect, ParameterEffect
from ..filter_trials import best, candidates, query_text, trial
from ..filters import Filter, at
from ..objects import PathValues
from ..pages import PageSequence
from .filtered_list import ATTEMPTS, CHECK, FilteredList


def check_effect_pairs(where: FilteredList, filters: Sequence[Filter], effects: Sequence[ParameterEffect]) -> None:
    """Check each effect beside the others, and beside the filters of nested objects.

    Other filters are checked together with what leaves something out anyway: the rest of the items must not change.
    """
    plain = [effect for effect in effects if isinstance(effect, Effect)]
    for effect in plain:
        others = [_Beside({other.name: "true"}) for other in plain if other is not effect]
        nested = [_Beside({}, each) for each in filters if each.parent is not None and each.related is None]
        for beside in (*others, *nested):
            _check(where, effect, beside)


@frozen
class _Beside:
    """The parameter beside which an effect is checked."""

    query: Mapping[str, Any]
    nested: Filter | None = None
    """A filter, whose value depends on the object."""

    def query_for(self, pages: PageSequence) -> Mapping[str, Any] | None:
        """Return the query for a list, or None if no value has an effect there."""
        if self.nested is None:
            return self.query
        elements = [each for item in pages.items_or_object for each in at(item, self.nested.parent or "") or ()]
        trials = [trial(self.nested, value) for value in candidates(self.nested, elements, None)]
        chosen = best(trials, elements)
        return None if chosen is None else chosen.query


def _check(where: FilteredList, effect: Effect, beside: _Beside) -> None:
    """Compare a list with both parameters with that of the other one, where the effect is visible."""
    for values in where.parents:
        pages = where.read(values, {} if beside.nested is None else beside.nested.widest)
        query = beside.query_for(pages)
        if query is None:
            continue
        base, alone = where.read(values, query), where.read(values, {effect.name: "true"})
        if effect.is_decisive({"": (alone if effect.includes else base).items_or_object}):
            where.session.count(CHECK)
            _settle(where, effect, values, query)
            return


def _settle(where: FilteredList, effect: Effect, values: PathValues, query: Mapping[str, Any]) -> None:
    """Report the problems that remain when the list is read again."""
    problems: list[str] = []
    found = PageSequence((), is_complete=False)
    for again in (False, *[True] * (ATTEMPTS - 1)):
        base = where.read(values, query, again=again)
        found = where.read(values, {**query, effect.name: "true"}, again=again)
        if not base.pages or not found.pages:
            return
        problems = list(_problems(effect, query, base, found))
        if not problems:
            return
    for problem in problems:
        where.report(problem, found.pages[0])


def _problems(effect: Effect, query: Mapping[str, Any], base: PageSequence, found: PageSequence) -> Iterator[str]:
    for _, problem in effect.problems({"": base.items_or_object, "true": found.items_or_object}):
        yield f"{query_text(query)}&{problem}"
