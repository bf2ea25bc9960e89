"""Fifth set, first half: bugs in pipelines, builds and what belongs to them, by class."""

from tests.conformance.planted import (
    fifth_set_a_access,
    fifth_set_a_bodies,
    fifth_set_a_errors,
    fifth_set_a_headers,
    fifth_set_a_lists,
    fifth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants(
    {
        **fifth_set_a_bodies.MUTANTS,
        **fifth_set_a_lists.MUTANTS,
        **fifth_set_a_state.MUTANTS,
        **fifth_set_a_headers.MUTANTS,
        **fifth_set_a_errors.MUTANTS,
        **fifth_set_a_access.MUTANTS,
    }
)
