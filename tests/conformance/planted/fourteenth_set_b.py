"""The fourteenth set of mutants, by the second author."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    fourteenth_set_b_access,
    fourteenth_set_b_bodies,
    fourteenth_set_b_errors,
    fourteenth_set_b_headers,
    fourteenth_set_b_lists,
    fourteenth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    fourteenth_set_b_bodies.MUTANTS
    | fourteenth_set_b_lists.MUTANTS
    | fourteenth_set_b_state.MUTANTS
    | fourteenth_set_b_headers.MUTANTS
    | fourteenth_set_b_errors.MUTANTS
    | fourteenth_set_b_access.MUTANTS
)
