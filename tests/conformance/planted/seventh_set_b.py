"""Second half of the seventh set of planted bugs."""

from __future__ import annotations

from tests.conformance.planted import (
    seventh_set_b_access,
    seventh_set_b_bodies,
    seventh_set_b_errors,
    seventh_set_b_headers,
    seventh_set_b_lists,
    seventh_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()

for part in (
    seventh_set_b_bodies,
    seventh_set_b_lists,
    seventh_set_b_state,
    seventh_set_b_headers,
    seventh_set_b_errors,
    seventh_set_b_access,
):
    MUTANTS |= part.MUTANTS
