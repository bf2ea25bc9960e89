"""Ninth set of planted bugs, first half: all classes."""

from __future__ import annotations

from tests.conformance.planted import (
    ninth_set_a_access,
    ninth_set_a_bodies,
    ninth_set_a_errors,
    ninth_set_a_headers,
    ninth_set_a_lists,
    ninth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS = Mutants()
for _module in (
    ninth_set_a_bodies,
    ninth_set_a_lists,
    ninth_set_a_state,
    ninth_set_a_headers,
    ninth_set_a_errors,
    ninth_set_a_access,
):
    assert not MUTANTS.keys() & _module.MUTANTS.keys()
    MUTANTS.update(_module.MUTANTS)
