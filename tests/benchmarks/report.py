"""What a measurement says, and how that is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from .measure import Spread, number

_SAME = 0.85
"""What another run of the same code may come to, as a share of a figure."""


class Bar(Struct):
    """A value that must not be exceeded, or with `at_least` must be reached.

    A figure that misses it by no more than `tolerance`, a share of the bar, is not held to be a miss: repeated runs
    differ by about as much. What is not `timed` holds in a quick run, too.
    """

    what: str
    value: Spread | float
    limit: float
    unit: str = ""
    at_least: bool = False
    tolerance: float = 0.0
    timed: bool = True

    @property
    def middle(self) -> float:
        return self.value.middle if isinstance(self.value, Spread) else self.value

    @property
    def verdict(self) -> str:
        sign = -1 if self.at_least else 1
        if sign * self.middle <= sign * self.limit:
            return "reached"
        return "within tolerance" if sign * self.middle <= sign * self.limit * (1 + sign * self.tolerance) else "MISSED"

    @property
    def missed(self) -> bool:
        return self.verdict == "MISSED"

    def row(self) -> list[str]:
        unit = f" {self.unit}" if self.unit else ""
        slack = f", tolerance {self.tolerance:.0%}" if self.tolerance else ""
        wanted = f"{'≥' if self.at_least else '≤'} {self.limit:g}{unit}{slack}"
        value = str(self.value) if isinstance(self.value, Spread) else number(self.value)
        return [self.what, f"{value}{unit}", wanted, self.verdict]

    def worse(self, before: float) -> bool:
        """Return whether the figure is worse than `before` by more than runs of the same code differ."""
        if self.at_least:
            return self.middle < _SAME * before
        return 0 < before < _SAME * self.middle


class Table(Struct):
    head: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        align = ["---", *["---:"] * (len(self.head) - 1)]
        return "\n".join("| " + " | ".join(row) + " |" for row in [self.head, align, *self.rows])


class Plot(Struct):
    """Lines over an axis on which each step is as wide as the ratio of its ends."""

    name: str
    title: str
    x: str
    y: str
    series: dict[str, list[tuple[float, float]]]
    log_y: bool = False


class Answer(Struct):
    """What one benchmark has found."""

    question: str
    says: str
    tables: list[Table] = []
    bars: list[Bar] = []
    plots: list[Plot] = []
    notes: list[str] = []


_HOW = (
    "Contenders take turns within one run, over the same server on the same machine. A ratio is the median of the"
    " ratios of all rounds; the middle half of them stands in brackets. Seconds are medians, and depend on the machine."
    " Processor time is what a process computes, whatever else the machine does; what only computes is measured in it."
)
BAR_HEAD = ["what", "measured", "bar", ""]


def markdown(answers: Iterable[Answer], machine: list[str], *, by: str, plots: str, remains: str) -> str:
    """Return the report. `by` says what wrote it, `plots` is the folder of the plots as seen from it, `remains` is its
    end.
    """
    answers = list(answers)
    bars = [bar.row() for answer in answers for bar in answer.bars]
    parts = [
        "# Benchmarks",
        by,
        "\n".join(f"- {line}" for line in machine),
        _HOW,
        "## The bars",
        str(Table(BAR_HEAD, bars)),
    ]
    for answer in answers:
        parts += [f"## {answer.question}", answer.says, *map(str, answer.tables)]
        parts += [f"![{plot.title}]({plots}/{plot.name}.svg)" for plot in answer.plots]
        parts += answer.notes
        if answer.bars:
            parts.append("\n".join(map(_line, answer.bars)))
    return "\n\n".join([*parts, remains])


def measured(report: str) -> dict[str, float]:
    """Return what the bars of a report were held against."""
    table = report.partition("## The bars")[2].partition("##")[0]
    rows = re.findall(r"^\| (.+?) \| (-?[\d  ]*\.?\d+)", table, re.MULTILINE)
    return {what: float(value.replace(" ", "")) for what, value in rows}


def _line(bar: Bar) -> str:
    what, value, wanted, verdict = bar.row()
    return f"- {what}: {value}, bar {wanted}: {verdict}"
