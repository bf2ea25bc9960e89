"""Mutants of the eleventh set, first half."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    eleventh_set_a_access,
    eleventh_set_a_bodies,
    eleventh_set_a_errors,
    eleventh_set_a_headers,
    eleventh_set_a_lists,
    eleventh_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    eleventh_set_a_bodies.MUTANTS
    | eleventh_set_a_lists.MUTANTS
    | eleventh_set_a_state.MUTANTS
    | eleventh_set_a_headers.MUTANTS
    | eleventh_set_a_errors.MUTANTS
    | eleventh_set_a_access.MUTANTS
)
