"""The thirteenth set of mutants, part a."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    thirteenth_set_a_access,
    thirteenth_set_a_bodies,
    thirteenth_set_a_errors,
    thirteenth_set_a_headers,
    thirteenth_set_a_lists,
    thirteenth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    thirteenth_set_a_bodies.MUTANTS
    | thirteenth_set_a_lists.MUTANTS
    | thirteenth_set_a_state.MUTANTS
    | thirteenth_set_a_headers.MUTANTS
    | thirteenth_set_a_errors.MUTANTS
    | thirteenth_set_a_access.MUTANTS
)
