"""What the checks of a run share: decoded bodies, and values that have passed a check before."""

from buildkite_rest.conformance.bodies import Passed


def test_each_value_is_checked_until_it_passes() -> None:
    passed = Passed()
    checked: list[object] = []

    def is_small(new: list[object]) -> bool:
        checked.append(new)
        return {"id": 3} not in new

    assert passed.all_pass("a", [{"id": 1}, {"id": 2}], is_small)
    assert not passed.all_pass("a", [{"id": 1}, {"id": 3}], is_small)
    assert not passed.all_pass("a", [{"id": 3}], is_small)
    assert passed.all_pass("a", [{"id": 2}, {"id": 1}], is_small)
    assert checked == [[{"id": 1}, {"id": 2}], [{"id": 3}], [{"id": 3}]]


def test_values_that_are_equal_in_python_only_are_checked() -> None:
    passed = Passed()
    checked: list[object] = []
    for value in (1, 1.0, True, "1", [1], {"a": 1, "b": 2}, {"a": 1, "b": True}):
        passed.all_pass("a", [value], lambda new: not checked.append(new))  # type: ignore[func-returns-value]
    passed.all_pass("b", [1], lambda new: not checked.append(new))  # type: ignore[func-returns-value]
    assert len(checked) == 8
