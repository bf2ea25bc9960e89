"""The ninth set of bugs, second part, by class."""

from tests.conformance.planted import (
    ninth_set_b_access,
    ninth_set_b_bodies,
    ninth_set_b_errors,
    ninth_set_b_headers,
    ninth_set_b_lists,
    ninth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    ninth_set_b_bodies,
    ninth_set_b_lists,
    ninth_set_b_state,
    ninth_set_b_headers,
    ninth_set_b_errors,
    ninth_set_b_access,
):
    assert not MUTANTS.keys() & part.MUTANTS.keys()
    MUTANTS.update(part.MUTANTS)
