"""Measurement on a shared machine.

Contenders take turns, so that other load slows all of them down. The result is the median of the ratios within a round,
with the middle half of them as its spread. There are as many rounds as it takes to know that median. Work that only
computes is measured in processor time, which excludes waiting for other processes.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from statistics import median, quantiles

import attrs

_KNOWN = 0.015
"""The part of a median by which its error may be, by a rule of thumb, once there are enough rounds."""


@attrs.frozen
class Spread:
    """A median, and the middle half of the values."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, middle, high = quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)

    def __str__(self) -> str:
        return f"{number(self.middle)} ({number(self.low)} to {number(self.high)})"

    def is_known(self, count: int) -> bool:
        """Whether the median of `count` values with this spread would hardly change with more of them."""
        return (self.high - self.low) / 2 / math.sqrt(count) <= _KNOWN * abs(self.middle)


@attrs.frozen
class Rounds:
    """The number of rounds: at least and at most."""

    least: int
    most: int


@attrs.frozen
class Samples:
    """Seconds, or anything else, for each contender in each round."""

    of: dict[str, list[float]]

    def median(self, name: str) -> float:
        return median(self.of[name])

    def spread(self, name: str) -> Spread:
        return Spread.of(self.of[name])

    def ratio(self, name: str, base: str) -> Spread:
        return _ratio(self.of[name], self.of[base])

    def best_ratio(self, name: str, base: str) -> float:
        """Return the ratio of the best rounds, for slow work with few rounds: other load can only add time."""
        return min(self.of[name]) / min(self.of[base])

    def is_known(self) -> bool:
        """Whether the ratios of all contenders to the first hardly change with more rounds."""
        first, *others = self.of
        if min(self.of[first]) <= 0:
            return True
        return all(self.ratio(name, first).is_known(len(self.of[first])) for name in others)

    def difference(self, name: str, base: str) -> Spread:
        return Spread.of(self._differences(name, base))

    def ratio_to_difference(self, name: str, difference: tuple[str, str]) -> Spread:
        """Return the ratio to the difference of two other contenders."""
        return _ratio(self.of[name], self._differences(*difference))

    def ratio_of_differences(self, one: tuple[str, str], other: tuple[str, str]) -> Spread:
        """Return the ratio of the difference of two contenders to that of two others."""
        return _ratio(self._differences(*one), self._differences(*other))

    def _differences(self, name: str, base: str) -> list[float]:
        return [ours - theirs for ours, theirs in zip(self.of[name], self.of[base], strict=True)]


def _ratio(values: list[float], bases: list[float]) -> Spread:
    return Spread.of([value / base for value, base in zip(values, bases, strict=True)])


def take_turns(contenders: Mapping[str, Callable[[], Iterable[float]]], rounds: Rounds) -> list[Samples]:
    """Call contenders, which return their own measurements, in turns. Each round begins with another one.

    The rounds end when the ratios of all to the first one are known.
    """
    names = list(contenders)
    measured: dict[str, list[Iterable[float]]] = {name: [] for name in names}
    for index in range(rounds.most):
        start = index % len(names)
        for name in names[start:] + names[:start]:
            measured[name].append(contenders[name]())
        if index + 1 >= rounds.least and all(samples.is_known() for samples in _by_kind(measured)):
            break
    return _by_kind(measured)


def _by_kind(measured: Mapping[str, list[Iterable[float]]]) -> list[Samples]:
    columns = [zip(*of_one, strict=True) for of_one in measured.values()]
    return [Samples(dict(zip(measured, map(list, kind), strict=True))) for kind in zip(*columns, strict=True)]


def processor_time(contenders: Mapping[str, Callable[[], object]], rounds: Rounds) -> Samples:
    """Compare work that only computes. Objects loaded before are frozen, so that no garbage collection visits them."""

    def sample(work: Callable[[], object]) -> tuple[float]:
        gc.collect()
        start = time.process_time()
        result = work()
        end = time.process_time()
        del result
        return (end - start,)

    for work in contenders.values():
        work()
    gc.collect()
    gc.freeze()
    return take_turns({name: partial(sample, work) for name, work in contenders.items()}, rounds)[0]


def number(value: float) -> str:
    """Write a number with its significant digits."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    digits = 0 if size >= 100 or not size else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f}"
