"""The eleventh set of mutants, letter b: bugs that were written without knowledge of the runner's code."""

from __future__ import annotations

from typing import Final

from attrs import evolve
from tests.conformance.planted import (
    eleventh_set_b_access,
    eleventh_set_b_bodies,
    eleventh_set_b_errors,
    eleventh_set_b_headers,
    eleventh_set_b_lists,
    eleventh_set_b_state,
)
from tests.conformance.planted.eleventh_set_b_support import complete
from tests.conformance.planted.mutant import Mutants

_PARTS: Final = (
    eleventh_set_b_bodies.MUTANTS
    | eleventh_set_b_lists.MUTANTS
    | eleventh_set_b_state.MUTANTS
    | eleventh_set_b_headers.MUTANTS
    | eleventh_set_b_errors.MUTANTS
    | eleventh_set_b_access.MUTANTS
)
MUTANTS: Final = Mutants({name: evolve(mutant, bug=complete(mutant.bug)) for name, mutant in _PARTS.items()})
