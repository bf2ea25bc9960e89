import pytest
from tests.each import check_each


def test_all_cases_that_fail_are_named():
    with pytest.raises(AssertionError, match=r"^two: ValueError: .*\nthree: ValueError: .*") as caught:
        check_each({"one": ("1",), "two": ("b",), "three": ("c",)}, int)
    assert "one" not in str(caught.value)


def test_a_case_that_does_not_raise_is_named():
    def check(text):
        with pytest.raises(ValueError, match="invalid literal"):
            int(text)

    with pytest.raises(AssertionError, match=r"^one: Failed: DID NOT RAISE .*ValueError.*$"):
        check_each({"one": ("1",), "two": ("b",)}, check)
