"""The tenth set of mutants, first half."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    tenth_set_a_access,
    tenth_set_a_bodies,
    tenth_set_a_errors,
    tenth_set_a_headers,
    tenth_set_a_lists,
    tenth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    tenth_set_a_bodies.MUTANTS
    | tenth_set_a_lists.MUTANTS
    | tenth_set_a_state.MUTANTS
    | tenth_set_a_headers.MUTANTS
    | tenth_set_a_errors.MUTANTS
    | tenth_set_a_access.MUTANTS
)
