"""Each attack ends as it should, for each kind of client over each HTTP library."""

import tracemalloc

import pytest

from .cases import connections, origins, responses, transfers
from .runner import FLAVOURS, run_all

CASES = (*connections.CASES, *responses.CASES, *origins.CASES, *transfers.CASES)
_BOMBS = (
    "gzip of 512 MB",
    "gzip of gzip of 256 MB",
    "download: gzip of gzip of 256 MB",
    "download: gzip of 256 MB",
)
CELLS = [(case, flavour, number % len(FLAVOURS)) for number, case in enumerate(CASES) for flavour in FLAVOURS]
SAMPLE = [(case, flavour) for case, flavour, turn in CELLS if flavour == FLAVOURS[turn]]
REST = [(case, flavour) for case, flavour, turn in CELLS if flavour != FLAVOURS[turn]]


def sampled(choose=lambda _: True):
    """Parametrize with the cells of chosen cases: a sample, and all others in `make test PART=all`."""
    sample, rest = ([cell for cell in cells if choose(cell[0])] for cells in (SAMPLE, REST))
    return pytest.mark.parametrize(
        "cells", [sample, pytest.param(rest, marks=pytest.mark.exhaustive)], ids=["sample", "rest"]
    )


@pytest.mark.timeout(600)
@sampled()
def test_attacks_have_the_expected_outcome(cells):
    outcomes = zip(cells, run_all(cells), strict=True)
    assert {
        f"{case.name}-{flavour}": outcome.problems for (case, flavour), outcome in outcomes if outcome.problems
    } == {}


@sampled(lambda case: case.name in _BOMBS)
def test_a_bomb_is_not_held_in_memory(cells):
    for cell in cells:
        tracemalloc.start()
        try:
            list(run_all([cell]))
            # The library unpacks 64 kB at a time, to 64 MB at most.
            assert tracemalloc.get_traced_memory()[1] < 160 << 20, cell
        finally:
            tracemalloc.stop()
