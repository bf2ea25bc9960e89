"""Bars and report of the benchmarks."""

import itertools
from pathlib import Path

import msgspec
import pytest
from tests.benchmarks.measure import Rounds, Spread, turns
from tests.benchmarks.report import Bar, Result, markdown, measured


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [
        (2.0, False, "reached"),
        (2.1, False, "within tolerance"),
        (2.3, False, "MISSED"),
        (2.0, True, "reached"),
        (1.9, True, "within tolerance"),
        (1.7, True, "MISSED"),
        (Spread(2.3, 2.25, 3.0), False, "MISSED"),
        (Spread(2.3, 2.15, 3.0), False, "within the spread"),
        (Spread(1.7, 1.0, 1.75), True, "MISSED"),
        (Spread(1.7, 1.0, 1.85), True, "within the spread"),
        (Spread(1.0, 0.5, 9.0), False, "reached"),
    ],
)
def test_a_bar_is_reached_within_its_tolerance(value, at_least, verdict):
    bar = Bar("x", value, 2, at_least=at_least, tolerance=0.1)
    assert (bar.verdict, bar.missed) == (verdict, verdict == "MISSED")


def test_a_bar_is_missed_in_two_measurements():
    def result(*figures):
        return Result("Q?", "So.", bars=[Bar(name, figure, 2) for name, figure in zip("abcd", figures, strict=True)])

    merged = result(1, 3, 1, 3).or_earlier(result(1, 1, 3, 3))
    assert [(bar.middle, bar.verdict) for bar in merged.bars] == [
        (1, "reached"),
        (1, "reached"),
        (1, "reached, second measurement"),
        (3, "MISSED, second measurement"),
    ]


@pytest.mark.parametrize(
    ("others", "timed", "verdict"),
    [
        (0.05, True, "MISSED"),
        (1.0, True, "beyond, on a busy machine"),
        (1.0, False, "MISSED"),
    ],
)
def test_other_programs_do_not_miss_a_bar_of_time(others, timed, verdict):
    [bar] = Result("Q?", "So.", bars=[Bar("a", 3, 2, timed=timed)]).beside(others).bars
    assert (bar.verdict, bar.missed, bar.is_beyond) == (verdict, verdict == "MISSED", True)


@pytest.mark.parametrize(("noise", "rounds"), [(0.0, 3), (0.5, 9)])
def test_there_are_as_many_rounds_as_the_spread_needs(noise, rounds):
    values = itertools.cycle([1.0, 1.0 + noise])
    samples = turns({"a": lambda: 1.0, "b": lambda: next(values)}, Rounds(3, 9))
    assert len(samples.of["b"]) == rounds


@pytest.mark.parametrize(
    ("value", "before", "at_least", "worse"),
    [
        (1.1, 1.0, False, False),
        (1.3, 1.0, False, True),
        (0.5, 1.0, False, False),
        (-1.0, -5.0, False, False),
        (0.9, 1.0, True, False),
        (0.8, 1.0, True, True),
        (2.0, 1.0, True, False),
    ],
)
def test_a_worse_figure_is_reported(value, before, at_least, worse):
    assert Bar("x", value, 9, at_least=at_least).worse(before) == worse


def test_figures_are_read_from_a_report():
    bars = [Bar("`a` ÷ b", Spread(0.32, 0.3, 0.4), 1), Bar("c", -55.8, 15, "ms"), Bar("d", 1234.0, 9)]
    result = msgspec.json.decode(msgspec.json.encode(Result("Q?", "So.", bars=bars)), type=Result)
    report = markdown([result], ["a machine"], by="By hand.", plots="plots", profiles="")
    assert measured(report) == {"`a` ÷ b": 0.32, "c": -55.8, "d": 1234}


def test_bars_of_the_last_report_have_unique_names():
    report = (Path(__file__).parents[2] / "BENCHMARKS.md").read_text(encoding="utf-8")
    table = report.partition("## The bars")[2].partition("##")[0]
    assert len(measured(report)) == len(table.strip().splitlines()) - 2
