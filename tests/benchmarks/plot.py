"""Line plots as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from .report import Plot

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 200, 40, 50
_COLOURS = ("#0b7a4b", "#1f5fbf", "#c2410c", "#7c3aed", "#6b7280", "#b8860b")


def svg(plot: Plot) -> str:
    """Return `plot` as SVG, on white so that it is readable on any page."""
    points = [point for line in plot.series.values() for point in line]
    xs = sorted({x for x, _ in points})
    top = max(y for _, y in points)
    bottom = min(y for _, y in points) if plot.log_y else 0.0
    place_x = _scale(xs[0], xs[-1], _LEFT, _WIDTH - _RIGHT, log=True)
    place_y = _scale(bottom, top, _HEIGHT - _BOTTOM, _TOP, log=plot.log_y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">',
        f"<title>{escape(plot.title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        _text(_LEFT, 22, plot.title, size=14),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, plot.x, anchor="middle"),
        _text(14, (_TOP + _HEIGHT - _BOTTOM) / 2, plot.y, anchor="middle", turned=True),
    ]
    parts += [_text(place_x(x), _HEIGHT - _BOTTOM + 18, f"{x:g}", anchor="middle") for x in xs]
    for y in _ticks(bottom, top, log=plot.log_y):
        at = place_y(y)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, at + 4, f"{y:g}", anchor="end"))
    for index, (name, line) in enumerate(plot.series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        parts.append(_text(_WIDTH - _RIGHT + 14, _TOP + 14 + 20 * index, f"● {name}", colour=colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scale(low: float, high: float, start: float, end: float, *, log: bool) -> Callable[[float], float]:
    ends = (math.log(low), math.log(high)) if log else (low, high)
    span = (ends[1] - ends[0]) or 1.0
    return lambda value: start + ((math.log(value) if log else value) - ends[0]) / span * (end - start)


def _ticks(low: float, high: float, *, log: bool) -> list[float]:
    if log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [tick for power in powers for tick in (10.0**power, 3 * 10.0**power) if low <= tick <= high]
    step = 10.0 ** math.floor(math.log10(high))
    step = next(part for part in (step / 5, step / 2, step, step * 2) if high / part <= 6)
    return [step * index for index in range(int(high / step) + 1)]


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, colour: str = "#222", turned: bool = False
) -> str:
    turn = f' transform="rotate(-90 {x:.0f} {y:.0f})"' if turned else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}"{turn}>{escape(text)}</text>'
