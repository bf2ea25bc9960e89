"""The checks of effects, with their names and codes."""

from __future__ import annotations

from typing import Final

from attrs import frozen


@frozen
class Check:
    """A check as reports name it."""

    name: str
    code: str


LIST: Final = Check("list_outdated", "BK104")
DELETED: Final = Check("deleted_object_found", "BK105")
VALUE: Final = Check("value_not_persisted", "BK106")
SECRET: Final = Check("secret_returned_again", "BK107")
EFFECT: Final = Check("effect_missing", "BK150")
FILTER: Final = Check("filter_mismatch", "BK110")
RECORD: Final = Check("creation_not_recorded", "BK151")
DEFAULT: Final = Check("default_not_applied", "BK152")
CONFLICT: Final = Check("conflict_accepted", "BK153")
OTHER_PROPERTY: Final = Check("other_property_changed", "BK154")
OTHER_OBJECT: Final = Check("other_object_changed", "BK155")
PARENT: Final = Check("wrong_parent_accepted", "BK156")
BATCH: Final = Check("batch_incomplete", "BK158")
REPETITION: Final = Check("repetition_has_effect", "BK157")
LIMIT: Final = Check("valid_value_refused", "BK159")
