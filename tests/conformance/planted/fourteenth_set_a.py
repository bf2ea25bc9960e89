"""Set a of the fourteenth sets of mutants."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    fourteenth_set_a_access,
    fourteenth_set_a_bodies,
    fourteenth_set_a_errors,
    fourteenth_set_a_headers,
    fourteenth_set_a_lists,
    fourteenth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    fourteenth_set_a_bodies.MUTANTS
    | fourteenth_set_a_lists.MUTANTS
    | fourteenth_set_a_state.MUTANTS
    | fourteenth_set_a_headers.MUTANTS
    | fourteenth_set_a_errors.MUTANTS
    | fourteenth_set_a_access.MUTANTS
)
