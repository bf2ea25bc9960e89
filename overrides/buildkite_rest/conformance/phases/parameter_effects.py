"""Parameters that include, leave out or sort something have their effect."""

from __future__ import annotations

from typing import Final

from ..filter_effects import Effect, Sorting
from .filtered_list import CHECK, FilteredList

#: Objects without a property that is always there, after which it is missed.
_FEW: Final = 3


def check_effect(where: FilteredList, effect: Effect | Sorting) -> None:
    """Check a parameter that includes, leaves out or sorts something."""
    seen = 0
    for values in where.parents:
        pages = {text: where.read(values, query, effect.source) for text, query in effect.queries.items()}
        if any(one.error is not None or not one.pages for one in pages.values()):
            continue
        items = {text: one.items_or_object for text, one in pages.items()}
        if effect.is_decisive(items):
            where.session.count(CHECK)
            for text, problem in effect.problems(items):
                where.report(problem, pages[text].pages[0])
            return
        seen += len(next(iter(items.values())))
    if seen and isinstance(effect, Effect) and (effect.is_always_there or not effect.includes) and seen >= _FEW:
        problem = f"{effect.name}: {effect.path} is in none of {seen} objects, whatever the value"
        where.report(problem, where.read(where.parents[0], {effect.name: "true"}).pages[0])
    else:
        where.session.skip(CHECK, where.operation, f"{effect.name}: no object on which it has an effect")
