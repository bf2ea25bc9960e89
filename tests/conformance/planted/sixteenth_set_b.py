"""Sixteenth set of planted bugs, second half: written from the documentation alone."""

from __future__ import annotations

from tests.conformance.planted import (
    sixteenth_set_b_access,
    sixteenth_set_b_bodies,
    sixteenth_set_b_errors,
    sixteenth_set_b_headers,
    sixteenth_set_b_lists,
    sixteenth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    sixteenth_set_b_bodies,
    sixteenth_set_b_lists,
    sixteenth_set_b_state,
    sixteenth_set_b_errors,
    sixteenth_set_b_headers,
    sixteenth_set_b_access,
):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
