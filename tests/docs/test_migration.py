"""The programs before and after a migration print the same.

`tests/docs/test_pages.py` runs them, and `tests/peers/check_migration.py` the one with pybuildkite.
"""

import pytest
from tests.docs.blocks import page
from tests.docs.test_pages import PAGES


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("httpx.md", ["python", "output", "hidden", "python", "output"]),
        ("pybuildkite.md", ["py", "python", "output"]),
    ],
)
def test_both_programs_have_the_same_output(name, languages):
    found = page(PAGES[name])
    assert [block.language for block in found] == languages
    assert len({block.text for block in found if block.language == "output"}) == 1
