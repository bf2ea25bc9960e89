"""Each attack ends as it should, for each kind of client over each HTTP library."""

import tracemalloc

import pytest

from .cases import CASES
from .runner import FLAVOURS, run_all

_BOMBS = (
    "gzip of 512 MB",
    "gzip of gzip of 256 MB",
    "download: gzip of gzip of 256 MB",
    "download: gzip of 256 MB",
)
CELLS = {f"{case.name}-{flavour}": (case, flavour) for case in CASES for flavour in FLAVOURS}


@pytest.fixture(scope="module")
def outcomes(request):
    """The outcomes of the cells that are to be tested, which are run together."""
    names = [item.callspec.params["name"] for item in request.session.items if item.function is test_the_outcome]
    return dict(zip(names, run_all([CELLS[name] for name in names]), strict=True))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CELLS)
def test_the_outcome(name, outcomes):
    if outcomes[name].known:
        pytest.xfail(CELLS[name][0].known)
    assert outcomes[name].problems == []


@pytest.mark.parametrize("name", [name for name, (case, _) in CELLS.items() if case.name in _BOMBS])
def test_a_bomb_is_not_held_in_memory(name):
    tracemalloc.start()
    try:
        list(run_all([CELLS[name]]))
        assert tracemalloc.get_traced_memory()[1] < 160 << 20  # The library unpacks 64 kB at a time, to 64 MB at most.
    finally:
        tracemalloc.stop()


def test_no_two_cases_have_one_name():
    assert len(CELLS) == len(CASES) * len(FLAVOURS)
