"""Bugs of the fifteenth set, part A: written from the documentation alone."""

from __future__ import annotations

from tests.conformance.planted import (
    fifteenth_set_a_access,
    fifteenth_set_a_bodies,
    fifteenth_set_a_errors,
    fifteenth_set_a_headers,
    fifteenth_set_a_lists,
    fifteenth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    fifteenth_set_a_bodies,
    fifteenth_set_a_lists,
    fifteenth_set_a_state,
    fifteenth_set_a_errors,
    fifteenth_set_a_headers,
    fifteenth_set_a_access,
):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
