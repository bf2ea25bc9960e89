"""Helpers for JSON of unknown shape."""

from buildkite_rest._base.json_values import copied


def test_a_copy_shares_no_container():
    original = {"paths": [{"get": {}}], "openapi": "3.1.1", "x": None}
    copy = copied(original)
    assert copy == original
    copy["paths"][0]["get"]["summary"] = "A summary"
    assert original == {"paths": [{"get": {}}], "openapi": "3.1.1", "x": None}
