"""Edits of the robots spec in which one of each kind is deprecated, and one has another name than before."""

from tests.unit.generator.spec_fixture import CREWS, ROBOTS, TAPES

_ID = "        id: {description: Id of the robot., type: string}\n        legs:"

DEPRECATED = [
    (ROBOTS, "x-sdk-method: health\n", "x-sdk-method: health\n      deprecated: true\n"),
    (ROBOTS, "- name: built[]\n", "- name: built[]\n          deprecated: true\n"),
    (ROBOTS, "label: {description", "label: {deprecated: true, description"),
    (ROBOTS, "legs: {description", "legs: {deprecated: true, description"),
    (ROBOTS, "    Pairing:\n", "    Pairing:\n      deprecated: true\n"),
    (ROBOTS, "    Part:\n", "    Part:\n      deprecated: true\n"),
    (ROBOTS, "    State: # State\n", "    State: # State\n      deprecated: true\n"),
]
RENAMED = [
    (ROBOTS, "x-sdk-method: get\n", "x-sdk-method: get\n      x-renamed-from: read\n"),
    (ROBOTS, "- name: meta_data\n", "- name: meta_data\n          x-renamed-from: labels\n"),
    (ROBOTS, "name: {description: Name of", "name: {x-renamed-from: title, description: Name of"),
    (ROBOTS, "owner: {description", "owner: {x-renamed-from: boss, description"),
    (ROBOTS, "built_at: {description", "built_at: {x-renamed-from: made_at, description"),
    (ROBOTS, _ID, _ID.replace("{", "{x-renamed-from: serial, ")),
    (TAPES, "x-sdk-method: list\n", "x-sdk-method: list\n      x-renamed-from: index\n"),
]
RENAMED_TOGETHER = [
    (ROBOTS, "x-sdk-method: list\n", "x-sdk-method: list\n      x-renamed-from: search\n"),
    (ROBOTS, "x-sdk-method: create\n", "x-sdk-method: create\n      x-renamed-from: build\n"),
    (
        CREWS,
        "x-sdk-method: get_of_organization\n",
        "x-sdk-method: get_of_organization\n      x-renamed-from: get_by_name\n",
    ),
    (CREWS, "{name: robots, in", "{x-renamed-from: machines, name: robots, in"),
]
"""Methods that have another name, with arguments that have one too or are deprecated."""

EDITS = [*DEPRECATED, *RENAMED, *RENAMED_TOGETHER]
