"""The fields of a crontab line."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date

import attrs

_VALUE = r"-?\d{1,4}|[a-z]+"
_PART = re.compile(
    rf"(?:\*|(?P<first>{_VALUE})(?:-(?P<last>{_VALUE}))?)(?:/(?P<step>\d{{1,4}}))?"
    r"(?:%(?P<modulo>\d{1,4})(?:\+(?P<offset>\d{1,4}))?)?",
    re.ASCII,
)
_WEEKDAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
#: The day from which weeks are counted for a modulo.
_FIRST_DAY = date(2019, 1, 1)
_NO_NAMES: Mapping[str, int] = {}


class InvalidCronlineError(ValueError):
    """A line that tells no times. The message says what it does."""


@attrs.frozen
class Part:
    """What stands between two commas: the numbers from one to another, each `step`-th of them."""

    first: int
    last: int
    step: int
    modulo: tuple[int, int] | None

    def numbers(self, low: int, high: int) -> list[int]:
        """Return the numbers. They go on at the lowest after the highest."""
        if self.first <= self.last:
            return list(range(self.first, self.last + 1, self.step))
        return [*range(self.first, high + 1), *range(low, self.last + 1)][:: self.step]


@attrs.frozen
class Field:
    """What may stand in a field: numbers between two others, and names of some."""

    low: int
    high: int
    names: Mapping[str, int] = _NO_NAMES
    counts_from_end: bool = False
    takes_modulo: bool = False

    def parts(self, text: str) -> list[Part]:
        """Read a field."""
        return [self._part(part) for part in text.split(",")]

    def numbers(self, text: str) -> set[int]:
        """Return the numbers that a field stands for."""
        return {number for part in self.parts(text) for number in part.numbers(self.low, self.high)}

    def _part(self, text: str) -> Part:
        match = _PART.fullmatch(text)
        if match is None or (match["modulo"] is not None and not self.takes_modulo):
            raise InvalidCronlineError("is not a valid interval")
        step = int(match["step"] or 1)
        modulo = None if match["modulo"] is None else (int(match["modulo"]), int(match["offset"] or 0))
        if step == 0 or (modulo is not None and modulo[0] == 0):
            raise InvalidCronlineError("is not a valid interval")
        if match["first"] is None:
            return Part(self.low, self.high, step, modulo)
        first = self._value(match["first"])
        if match["last"] is not None:
            return Part(first, self._value(match["last"]), step, modulo)
        return Part(first, first if match["step"] is None else self.high, step, modulo)

    def _value(self, text: str) -> int:
        number = self.names.get(text)
        if number is None and not text.isalpha():
            number = int(text)
        positive = number is not None and self.low <= number <= self.high
        if number is None or not (positive or (self.counts_from_end and -self.high <= number <= -1)):
            raise InvalidCronlineError("is not a valid interval")
        return number


_DAYS = Field(1, 31, {"l": -1, "last": -1}, counts_from_end=True)
_WEEK = Field(0, 7, _WEEKDAYS, takes_modulo=True)


@attrs.frozen
class Days:
    """Days of the month. Negative ones count from its end."""

    every: bool
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str) -> Days:
        """Read the field."""
        return cls(text == "*", tuple(_DAYS.parts(text)))

    def has(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        length = monthrange(day.year, day.month)[1]

        def counted(number: int) -> int:
            return number if number > 0 else length + 1 + number

        parts = [attrs.evolve(part, first=counted(part.first), last=counted(part.last)) for part in self.parts]
        return any(
            day.day in part.numbers(1, length)
            for part, written in zip(parts, self.parts, strict=True)
            if part.first <= part.last or written.last > 0
        )


@attrs.frozen
class Weekdays:
    """Days of the week, of every week or of each so-manieth since 2019."""

    every: bool
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str) -> Weekdays:
        """Read the field. Sunday is 0 and 7."""
        return cls(text == "*", tuple(_WEEK.parts(text)))

    def has(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        weekday, week = day.isoweekday() % 7, (day - _FIRST_DAY).days // 7 + 1
        return any(
            weekday in {number % 7 for number in part.numbers(0, 6)} and _fits(week, part.modulo) for part in self.parts
        )


def _fits(week: int, modulo: tuple[int, int] | None) -> bool:
    return modulo is None or week % modulo[0] == modulo[1] % modulo[0]
