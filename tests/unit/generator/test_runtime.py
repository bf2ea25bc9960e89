"""The runtime modules, imported from where they are written."""

from datetime import UTC, datetime
from typing import ClassVar

import msgspec
import pytest
from generator.runtime.bound import OrganizationResource, bound
from generator.runtime.model import build_unchecked
from generator.runtime.types import UNSET, DateTime, DateTimeStruct, parse_datetime


class Visit(DateTimeStruct, kw_only=True):
    began_at: DateTime
    ended_at: DateTime | None = None
    guest: str | None = None

    __datetimes__: ClassVar[dict[str, bool]] = {"began_at": False, "ended_at": True}


class Robots:
    def get(self, garden: str, name: str) -> str:
        """Get a robot.

        Args:
            garden: Slug of the garden, which
                may take two lines.
            name: Name of the robot.
        """
        return f"{garden}/{name}"


class OrganizationRobots(OrganizationResource):
    get = bound(Robots.get)


def test_unset_is_false_and_not_none():
    assert not UNSET
    assert UNSET is not None
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize("text", ["2026-03-02T09:15:00Z", "2026-03-02T10:15:00+01:00", "2026-03-02 09:15:00 UTC"])
def test_both_forms_of_a_time_are_read(text):
    assert parse_datetime(text) == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_without_a_time_in_utc_keeps_its_zone(text):
    assert parse_datetime(text).isoformat() == text


@pytest.mark.parametrize("text", ["2026-03-02T09:15:00", "soon"])
def test_other_texts_are_not_times(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_datetime(text)


@pytest.mark.parametrize("value", [None, 7, "soon", "2026-03-02T09:15:00"])
def test_a_wrong_time_is_a_validation_error_without_the_value(value):
    with pytest.raises(msgspec.ValidationError, match=r"began_at`") as raised:
        msgspec.convert({"began_at": value}, type=Visit)
    assert "soon" not in str(raised.value)


def test_unchecked_values_are_kept_through_copies():
    visit = build_unchecked(Visit, {"began_at": "soon", "ended_at": None, "guest": "R2"})
    assert visit.began_at == "soon"
    build, arguments, _ = visit.__reduce__()
    assert build(*arguments) == visit


def test_a_bound_method_gives_the_organization():
    assert OrganizationRobots(Robots(), "acme").get("r2") == "acme/r2"
    doc = OrganizationRobots.get.__doc__
    assert "garden" not in doc
    assert "may take two lines" not in doc
    assert "name: Name of the robot." in doc
