"""What a measurement says, and how that is written down."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from .measure import number


class Bar(Struct):
    """A value that must not be exceeded, or with `at_least` must be reached.

    A figure that misses it by no more than `tolerance`, a share of the bar, is not held to be a miss: repeated runs
    differ by about as much.
    """

    what: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False
    tolerance: float = 0.0

    @property
    def verdict(self) -> str:
        sign = -1 if self.at_least else 1
        if sign * self.value <= sign * self.limit:
            return "reached"
        return "within tolerance" if sign * self.value <= sign * self.limit * (1 + sign * self.tolerance) else "MISSED"

    @property
    def missed(self) -> bool:
        return self.verdict == "MISSED"

    def row(self) -> list[str]:
        unit = f" {self.unit}" if self.unit else ""
        slack = f", tolerance {self.tolerance:.0%}" if self.tolerance else ""
        wanted = f"{'≥' if self.at_least else '≤'} {self.limit:g}{unit}{slack}"
        return [self.what, f"{number(self.value)}{unit}", wanted, self.verdict]


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


def markdown(answers: Iterable[Answer], machine: list[str], *, plots: str, remains: str) -> str:
    """Return the report. `plots` is the folder of the plots as seen from it, `remains` is its end."""
    answers = list(answers)
    bars = [bar.row() for answer in answers for bar in answer.bars]
    parts = [
        "# Benchmarks",
        "Written by `make bench`, which fails when a bar is missed.",
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


def _line(bar: Bar) -> str:
    what, value, wanted, verdict = bar.row()
    return f"- {what}: {value}, bar {wanted}: {verdict}"
