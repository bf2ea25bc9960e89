"""Results of the benchmarks, and the report about them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from .measure import Spread, number

_SAME = 0.85
"""The share of a figure that another run of the same code may reach."""
_QUIET = 0.1
"""Processors that other programs may use on an idle machine."""


class Bar(Struct):
    """A limit that a figure must not exceed, or with `at_least` must reach.

    A figure that misses it by at most `tolerance`, a share of the bar, does not count as a miss, because repeated runs
    differ by about as much. Neither does a median if a quarter of the ratios or more reach the bar: other programs slow
    single rounds. A bar that is not `timed` also applies to a quick run.
    """

    what: str
    value: Spread | float
    limit: float
    unit: str = ""
    at_least: bool = False
    tolerance: float = 0.0
    timed: bool = True
    measurements: int = 1
    """How often it was measured until it was reached."""
    disturbed: bool = False
    """Whether other programs used the processors meanwhile. Then a figure of time beyond the bar is not a miss."""

    @property
    def middle(self) -> float:
        return self.value.middle if isinstance(self.value, Spread) else self.value

    @property
    def best_quarter(self) -> float:
        """The figure that a quarter of the rounds reach."""
        if not isinstance(self.value, Spread):
            return self.value
        return self.value.high if self.at_least else self.value.low

    @property
    def verdict(self) -> str:
        again = ", second measurement" if self.measurements > 1 else ""
        if self._reaches(self.middle, 0):
            return f"reached{again}"
        if self._reaches(self.middle, self.tolerance):
            return f"within tolerance{again}"
        if not self.is_beyond:
            return f"within the spread{again}"
        return f"{'MISSED' if self.missed else 'beyond, on a busy machine'}{again}"

    @property
    def is_beyond(self) -> bool:
        """Whether the whole middle half of the ratios is beyond the bar and its tolerance."""
        return not self._reaches(self.best_quarter, self.tolerance)

    @property
    def missed(self) -> bool:
        return self.is_beyond and not (self.disturbed and self.timed)

    def _reaches(self, figure: float, tolerance: float) -> bool:
        sign = -1 if self.at_least else 1
        return sign * figure <= sign * self.limit * (1 + sign * tolerance)

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
    """A line plot with a logarithmic x axis."""

    name: str
    title: str
    x: str
    y: str
    series: dict[str, list[tuple[float, float]]]
    log_y: bool = False


class Result(Struct):
    """The result of one benchmark."""

    question: str
    summary: str
    tables: list[Table] = []
    bars: list[Bar] = []
    plots: list[Plot] = []
    notes: list[str] = []

    def beside(self, others: float) -> Result:
        """Return this result of a machine of which other programs used so many processors."""
        return replace(self, bars=[replace(bar, disturbed=others > _QUIET) for bar in self.bars])

    def or_earlier(self, earlier: Result) -> Result:
        """Return this second measurement, with the bars that only it misses as they were in the `earlier` one."""
        reached = {bar.what: bar for bar in earlier.bars if not bar.is_beyond}
        bars = [
            replace(bar, measurements=2) if bar.what not in reached else reached[bar.what] if bar.is_beyond else bar
            for bar in self.bars
        ]
        return replace(self, bars=bars)


_HOW = (
    "A bar is the limit for a figure. Contenders take turns within one run, against the same server on the same"
    " machine. A ratio is the median of the ratios of all rounds, followed by the middle half of them in parentheses. A"
    " bar is missed if that whole half is beyond it, in two measurements on an idle machine. Times are medians, and"
    " depend on the machine. Processor time excludes waiting and other processes; work that only computes is measured"
    " in it."
)
BAR_HEAD = ["figure", "measured", "bar", "result"]


def markdown(results: Iterable[Result], machine: list[str], *, by: str, plots: str, profiles: str) -> str:
    """Return the report.

    Args:
        results: The results of the benchmarks.
        machine: Lines about the machine and the versions.
        by: A sentence about the run that wrote it.
        plots: The folder of the plots, relative to the report.
        profiles: The last section.
    """
    results = list(results)
    bars = [bar.row() for result in results for bar in result.bars]
    parts = [
        "# Benchmarks",
        by,
        "\n".join(f"- {line}" for line in machine),
        _HOW,
        "## The bars",
        str(Table(BAR_HEAD, bars)),
    ]
    for result in results:
        parts += [f"## {result.question}", result.summary, *map(str, result.tables)]
        parts += [f"![{plot.title}]({plots}/{plot.name}.svg)" for plot in result.plots]
        parts += result.notes
        if result.bars:
            parts.append("\n".join(map(_line, result.bars)))
    return "\n\n".join([*parts, profiles])


def measured(report: str) -> dict[str, float]:
    """Return the figure of each bar of a report."""
    table = report.partition("## The bars")[2].partition("##")[0]
    rows = re.findall(r"^\| (.+?) \| (-?[\d  ]*\.?\d+)", table, re.MULTILINE)
    return {what: float(value.replace(" ", "")) for what, value in rows}


def _line(bar: Bar) -> str:
    what, value, wanted, verdict = bar.row()
    return f"- {what}: {value}, bar {wanted}: {verdict}"
