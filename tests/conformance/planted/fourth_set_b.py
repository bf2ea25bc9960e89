"""A fourth set of bugs, second part: clusters, organizations, teams, Test Engine, package registries and portals."""

from tests.conformance.planted import (
    fourth_set_b_access,
    fourth_set_b_bodies,
    fourth_set_b_errors,
    fourth_set_b_headers,
    fourth_set_b_lists,
    fourth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()

for part in (
    fourth_set_b_bodies,
    fourth_set_b_lists,
    fourth_set_b_state,
    fourth_set_b_headers,
    fourth_set_b_errors,
    fourth_set_b_access,
):
    assert not MUTANTS.keys() & part.MUTANTS.keys()
    MUTANTS.update(part.MUTANTS)
