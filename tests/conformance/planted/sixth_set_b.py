"""Sixth set of planted bugs, second half: builds and what is in them, and the general pages."""

from tests.conformance.planted import (
    sixth_set_b_access,
    sixth_set_b_bodies,
    sixth_set_b_errors,
    sixth_set_b_headers,
    sixth_set_b_lists,
    sixth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    sixth_set_b_bodies,
    sixth_set_b_lists,
    sixth_set_b_state,
    sixth_set_b_headers,
    sixth_set_b_errors,
    sixth_set_b_access,
):
    MUTANTS.update(part.MUTANTS)
