"""Thirteenth set of bugs, planted from the documentation alone by two people who have not read the runner."""

from tests.conformance.planted import thirteenth_set_a, thirteenth_set_b
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (thirteenth_set_a, thirteenth_set_b):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
