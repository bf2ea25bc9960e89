"""Server bugs that were found by reading the documentation page by page."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    second_set_access,
    second_set_bodies,
    second_set_effects,
    second_set_errors,
    second_set_headers,
    second_set_lists,
    second_set_pages,
    second_set_state,
    second_set_values,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants()
for _part in (
    second_set_bodies,
    second_set_values,
    second_set_lists,
    second_set_pages,
    second_set_state,
    second_set_effects,
    second_set_headers,
    second_set_errors,
    second_set_access,
):
    MUTANTS.update(_part.MUTANTS)
