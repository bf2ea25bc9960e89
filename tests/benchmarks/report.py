"""Results of the benchmarks, and the report about them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from .measure import Spread, number


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

    @property
    def missed(self) -> bool:
        """Whether the whole middle half of the ratios is beyond the bar and its tolerance."""
        if isinstance(self.value, Spread):
            return not self._reaches(self.value.high if self.at_least else self.value.low, self.tolerance)
        return not self._reaches(self.value, self.tolerance)

    @property
    def verdict(self) -> str:
        middle = self.value.middle if isinstance(self.value, Spread) else self.value
        return "reached" if self._reaches(middle, 0) else "MISSED" if self.missed else "within tolerance"

    def _reaches(self, figure: float, tolerance: float) -> bool:
        sign = -1 if self.at_least else 1
        return sign * figure <= sign * self.limit * (1 + sign * tolerance)

    def row(self) -> list[str]:
        unit = f" {self.unit}" if self.unit else ""
        slack = f", tolerance {self.tolerance:.0%}" if self.tolerance else ""
        value = str(self.value) if isinstance(self.value, Spread) else number(self.value)
        return [
            self.what,
            f"{value}{unit}",
            f"{'≥' if self.at_least else '≤'} {self.limit:g}{unit}{slack}",
            self.verdict,
        ]


class Table(Struct):
    head: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        align = ["---", *["---:"] * (len(self.head) - 1)]
        return "\n".join("| " + " | ".join(row) + " |" for row in [self.head, align, *self.rows])


class Result(Struct):
    """The result of one benchmark."""

    question: str
    summary: str
    tables: list[Table] = []
    bars: list[Bar] = []
    notes: list[str] = []

    def or_earlier(self, earlier: Result) -> Result:
        """Return this second measurement, with the bars that only it misses as they were in the `earlier` one."""
        reached = {bar.what: bar for bar in earlier.bars if not bar.missed}
        return replace(self, bars=[reached.get(bar.what, bar) if bar.missed else bar for bar in self.bars])


_HOW = (
    "A bar is the limit for a figure. Contenders take turns within one run, against the same server on the same"
    " machine. A ratio is the median of the ratios of all rounds, followed by the middle half of them in parentheses. A"
    " bar is missed if that whole half is beyond it, in two measurements. Times are medians, and depend on the machine."
    " Processor time excludes waiting and other processes; work that only computes is measured in it."
)
BAR_HEAD = ["figure", "measured", "bar", "result"]


def markdown(results: list[Result], machine: list[str], by: str) -> str:
    """Return the report.

    Args:
        results: The results of the benchmarks.
        machine: Lines about the machine and the versions.
        by: A sentence about the run that wrote it.
    """
    bars = Table(BAR_HEAD, [bar.row() for result in results for bar in result.bars])
    parts = ["# Benchmarks", by, "\n".join(f"- {line}" for line in machine), _HOW, "## The bars", str(bars)]
    for result in results:
        parts += [f"## {result.question}", result.summary, *map(str, result.tables), *result.notes]
    return "\n\n".join(parts) + "\n"
