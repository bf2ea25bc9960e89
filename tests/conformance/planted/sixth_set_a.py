"""The first half of the sixth set of bugs."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    sixth_set_a_access,
    sixth_set_a_bodies,
    sixth_set_a_errors,
    sixth_set_a_headers,
    sixth_set_a_lists,
    sixth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants()
for _module in (
    sixth_set_a_bodies,
    sixth_set_a_lists,
    sixth_set_a_state,
    sixth_set_a_headers,
    sixth_set_a_errors,
    sixth_set_a_access,
):
    assert not set(MUTANTS) & set(_module.MUTANTS)
    MUTANTS.update(_module.MUTANTS)
