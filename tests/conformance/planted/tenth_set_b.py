"""The tenth set of mutants, part B."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    tenth_set_b_access,
    tenth_set_b_bodies,
    tenth_set_b_errors,
    tenth_set_b_headers,
    tenth_set_b_lists,
    tenth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    tenth_set_b_bodies.MUTANTS
    | tenth_set_b_lists.MUTANTS
    | tenth_set_b_state.MUTANTS
    | tenth_set_b_headers.MUTANTS
    | tenth_set_b_errors.MUTANTS
    | tenth_set_b_access.MUTANTS
)
