"""First half of the eighth set: bugs in builds, jobs, agents, clusters and what belongs to them."""

from __future__ import annotations

from tests.conformance.planted import (
    eighth_set_a_access,
    eighth_set_a_bodies,
    eighth_set_a_errors,
    eighth_set_a_headers,
    eighth_set_a_lists,
    eighth_set_a_state,
)
from tests.conformance.planted.eighth_set_a_support import MUTANTS

CLASSES = (
    eighth_set_a_bodies,
    eighth_set_a_lists,
    eighth_set_a_state,
    eighth_set_a_headers,
    eighth_set_a_errors,
    eighth_set_a_access,
)
"""Modules that plant the bugs."""

__all__ = ["CLASSES", "MUTANTS"]
