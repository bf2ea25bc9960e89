"""Fifteenth set of bugs, planted from the documentation alone by two people who have not read the runner."""

from tests.conformance.planted import fifteenth_set_a, fifteenth_set_b
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for part in (fifteenth_set_a, fifteenth_set_b):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
