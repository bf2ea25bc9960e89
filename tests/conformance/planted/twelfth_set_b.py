"""The twelfth set of mutants, b: from all pages of the documentation, the last ones first."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    twelfth_set_b_access,
    twelfth_set_b_bodies,
    twelfth_set_b_errors,
    twelfth_set_b_headers,
    twelfth_set_b_lists,
    twelfth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    twelfth_set_b_bodies.MUTANTS
    | twelfth_set_b_lists.MUTANTS
    | twelfth_set_b_state.MUTANTS
    | twelfth_set_b_headers.MUTANTS
    | twelfth_set_b_errors.MUTANTS
    | twelfth_set_b_access.MUTANTS
)
