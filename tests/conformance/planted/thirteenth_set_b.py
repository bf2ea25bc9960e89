"""The thirteenth set of mutants, part b."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    thirteenth_set_b_access,
    thirteenth_set_b_bodies,
    thirteenth_set_b_errors,
    thirteenth_set_b_headers,
    thirteenth_set_b_lists,
    thirteenth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    thirteenth_set_b_bodies.MUTANTS
    | thirteenth_set_b_lists.MUTANTS
    | thirteenth_set_b_state.MUTANTS
    | thirteenth_set_b_headers.MUTANTS
    | thirteenth_set_b_errors.MUTANTS
    | thirteenth_set_b_access.MUTANTS
)
