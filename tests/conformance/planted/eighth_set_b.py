"""Eighth set, second part: bugs of a stranger to the runner."""

from tests.conformance.planted import (
    eighth_set_b_access,
    eighth_set_b_bodies,
    eighth_set_b_errors,
    eighth_set_b_headers,
    eighth_set_b_lists,
    eighth_set_b_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()

for _module in (
    eighth_set_b_bodies,
    eighth_set_b_lists,
    eighth_set_b_state,
    eighth_set_b_headers,
    eighth_set_b_errors,
    eighth_set_b_access,
):
    for _mutant in _module.MUTANTS.values():
        assert _mutant.name not in MUTANTS, _mutant.name
        MUTANTS[_mutant.name] = _mutant
