"""Bugs of artifacts, pipelines, registries, settings, teams and others, planted from the documentation alone."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted import (
    sixteenth_set_a_access,
    sixteenth_set_a_bodies,
    sixteenth_set_a_errors,
    sixteenth_set_a_headers,
    sixteenth_set_a_lists,
    sixteenth_set_a_state,
)
from tests.conformance.planted.mutant import Mutants

MUTANTS: Final = Mutants()
for part in (
    sixteenth_set_a_bodies,
    sixteenth_set_a_lists,
    sixteenth_set_a_state,
    sixteenth_set_a_errors,
    sixteenth_set_a_headers,
    sixteenth_set_a_access,
):
    assert not set(MUTANTS) & set(part.MUTANTS)
    MUTANTS.update(part.MUTANTS)
