"""Edits of the robots spec in which one of each kind is deprecated."""

from tests.unit.generator.spec_fixture import CREWS, ROBOTS

EDITS = [
    (ROBOTS, "x-sdk-method: health\n", "x-sdk-method: health\n      deprecated: true\n"),
    (ROBOTS, "- name: built[]\n", "- name: built[]\n          deprecated: true\n"),
    (ROBOTS, "label: {description", "label: {deprecated: true, description"),
    (ROBOTS, "legs: {description", "legs: {deprecated: true, description"),
    (ROBOTS, "    Pairing:\n", "    Pairing:\n      deprecated: true\n"),
    (ROBOTS, "    Part:\n", "    Part:\n      deprecated: true\n"),
    (ROBOTS, "    State: # State\n", "    State: # State\n      deprecated: true\n"),
    (CREWS, "x-sdk-method: get_of_organization\n", "x-sdk-method: get_of_organization\n      deprecated: true\n"),
]
