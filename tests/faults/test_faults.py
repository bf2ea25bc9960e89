"""Each attack ends as it should, for each kind of client over each HTTP library."""

import pytest

from .cases import CASES
from .runner import FLAVOURS, run_all

CELLS = {f"{case.name}-{flavour}": (case, flavour) for case in CASES for flavour in FLAVOURS}


@pytest.fixture(scope="module")
def outcomes(request):
    """The outcomes of the cells that are to be tested, which are run together."""
    names = [item.callspec.params["name"] for item in request.session.items if item.function is test_the_outcome]
    return dict(zip(names, run_all([CELLS[name] for name in names]), strict=True))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CELLS)
def test_the_outcome(name, outcomes):
    assert outcomes[name].problems == []


def test_no_two_cases_have_one_name():
    assert len(CELLS) == len(CASES) * len(FLAVOURS)
