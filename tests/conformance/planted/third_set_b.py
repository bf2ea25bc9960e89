"""Third set of bugs, second half: clusters, organizations, teams, Test Engine, package registries and portals."""

from __future__ import annotations

from typing import Final

from tests.conformance.planted.mutant import Mutants
from tests.conformance.planted.third_set_b_access import ACCESS
from tests.conformance.planted.third_set_b_bodies import BODIES
from tests.conformance.planted.third_set_b_errors import ERRORS
from tests.conformance.planted.third_set_b_headers import HEADERS
from tests.conformance.planted.third_set_b_lists import LISTS
from tests.conformance.planted.third_set_b_state import STATE

MUTANTS: Final = Mutants()
for _part in (BODIES, LISTS, STATE, HEADERS, ERRORS, ACCESS):
    MUTANTS.update(_part)
