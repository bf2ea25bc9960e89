"""Bugs planted by someone who has read only the documentation of Buildkite and the page of the runner."""

from __future__ import annotations

from tests.conformance.planted import (
    fourth_set_a_access,
    fourth_set_a_bodies,
    fourth_set_a_errors,
    fourth_set_a_headers,
    fourth_set_a_lists,
    fourth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for module in (
    fourth_set_a_bodies,
    fourth_set_a_lists,
    fourth_set_a_state,
    fourth_set_a_headers,
    fourth_set_a_errors,
    fourth_set_a_access,
):
    assert not MUTANTS.keys() & module.MUTANTS.keys()
    MUTANTS.update(module.MUTANTS)
