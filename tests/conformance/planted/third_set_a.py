"""Bugs planted from the documentation alone: builds, jobs, pipelines, agents and what belongs to them."""

from tests.conformance.planted import (
    third_set_a_access,
    third_set_a_bodies,
    third_set_a_errors,
    third_set_a_headers,
    third_set_a_lists,
    third_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (
    third_set_a_bodies,
    third_set_a_lists,
    third_set_a_state,
    third_set_a_headers,
    third_set_a_errors,
    third_set_a_access,
):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
