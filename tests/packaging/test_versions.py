"""Everything that has a version has the same one."""

from tests.packaging.versions import problems


def test_all_versions_agree():
    assert problems() == []
