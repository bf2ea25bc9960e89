"""The second half of the fifteenth set of bugs, written from the documentation alone."""

from __future__ import annotations

from tests.conformance.planted import (
    fifteenth_set_b_access,
    fifteenth_set_b_bodies,
    fifteenth_set_b_errors,
    fifteenth_set_b_headers,
    fifteenth_set_b_lists,
    fifteenth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    fifteenth_set_b_bodies,
    fifteenth_set_b_lists,
    fifteenth_set_b_state,
    fifteenth_set_b_errors,
    fifteenth_set_b_headers,
    fifteenth_set_b_access,
):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
