"""The first set of mutants."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    first_set_access,
    first_set_bodies,
    first_set_errors,
    first_set_headers,
    first_set_lists,
    first_set_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants(
    first_set_bodies.MUTANTS
    | first_set_lists.MUTANTS
    | first_set_state.MUTANTS
    | first_set_headers.MUTANTS
    | first_set_errors.MUTANTS
    | first_set_access.MUTANTS
)
