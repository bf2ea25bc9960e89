"""Version tags of a repository."""

import pytest
from tests.packaging.repositories import commit
from tests.packaging.revisions import last_tag, no_base


@pytest.fixture
def repository(tmp_path):
    for tag in ("v1.0.0", "v1.1.0rc1", "v1.1.0rc2"):
        commit(tmp_path, {"version": tag}, tag=tag)
    return tmp_path


def test_the_tag_of_the_commit_itself_is_not_the_last_one(repository):
    assert last_tag(repository) == "v1.1.0rc1"


def test_candidates_are_not_releases(repository):
    commit(repository, {"version": "v1.1.0"})
    assert last_tag(repository) == "v1.1.0rc2"
    assert last_tag(repository, released=True) == "v1.0.0"


def test_without_another_tag_the_one_of_the_commit_is_named(tmp_path):
    commit(tmp_path, {"version": "none"})
    assert no_base(tmp_path) == "there is no version tag before this commit"
    commit(tmp_path, {"version": "v1.0.0"}, tag="v1.0.0")
    assert last_tag(tmp_path) is None
    assert no_base(tmp_path).endswith("; name that of this commit to compare with it: BASE=v1.0.0")
