"""Bugs of the fifth set, part b, in all six classes."""

from __future__ import annotations

from tests.conformance.planted import (
    fifth_set_b_access,
    fifth_set_b_bodies,
    fifth_set_b_errors,
    fifth_set_b_headers,
    fifth_set_b_lists,
    fifth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()

for module in (
    fifth_set_b_bodies,
    fifth_set_b_lists,
    fifth_set_b_state,
    fifth_set_b_headers,
    fifth_set_b_errors,
    fifth_set_b_access,
):
    assert not set(MUTANTS) & set(module.MUTANTS)
    MUTANTS.update(module.MUTANTS)
