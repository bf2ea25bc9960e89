"""Content negotiation."""

from __future__ import annotations

from collections.abc import Sequence


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """Return the media type that an `Accept` header likes best; the first one if it likes none, as the API does."""
    best, best_weight = offered[0], 0.0
    for media_range, weight in _ranges(accept or "*/*"):
        match = next((media for media in offered if _covers(media_range, media)), None)
        if match is not None and weight > best_weight:
            best, best_weight = match, weight
    return best


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges: list[tuple[str, float]] = []
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        weights = [part[2:] for part in parameters if part.startswith("q=")]
        ranges.append((media_range, _weight(weights[0]) if weights else 1.0))
    return ranges


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _covers(media_range: str, media: str) -> bool:
    return media_range in {"*/*", media, f"{media.partition('/')[0]}/*"}
