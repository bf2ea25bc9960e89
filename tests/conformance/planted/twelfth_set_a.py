"""The twelfth set of mutants, from the pages of the documentation in alphabetical order."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    twelfth_set_a_access,
    twelfth_set_a_bodies,
    twelfth_set_a_errors,
    twelfth_set_a_headers,
    twelfth_set_a_lists,
    twelfth_set_a_state,
    twelfth_set_a_updates,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    twelfth_set_a_bodies.MUTANTS
    | twelfth_set_a_lists.MUTANTS
    | twelfth_set_a_state.MUTANTS
    | twelfth_set_a_updates.MUTANTS
    | twelfth_set_a_headers.MUTANTS
    | twelfth_set_a_errors.MUTANTS
    | twelfth_set_a_access.MUTANTS
)
