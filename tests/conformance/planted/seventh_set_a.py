"""Seventh set A: bugs planted from the documentation alone, by class."""

from tests.conformance.planted import (
    seventh_set_a_access,
    seventh_set_a_bodies,
    seventh_set_a_errors,
    seventh_set_a_headers,
    seventh_set_a_lists,
    seventh_set_a_state,
)
from tests.conformance.planted.seventh_set_a_support import MUTANTS

__all__ = [
    "MUTANTS",
    "seventh_set_a_access",
    "seventh_set_a_bodies",
    "seventh_set_a_errors",
    "seventh_set_a_headers",
    "seventh_set_a_lists",
    "seventh_set_a_state",
]
