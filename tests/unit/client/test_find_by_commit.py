"""The newest build of a commit."""

import pytest
from tests.unit.client.support import Script, answer, build

SHA = "0123456789abcdef0123456789abcdef01234567"
PATH = "/v2/organizations/acme/pipelines/web/builds"


def find(client, commit=SHA, **options):
    return client.builds.find_by_commit("acme", "web", commit, **options)


def test_the_newest_build_is_the_first_of_the_list(connect):
    script = Script(answer([build(9), build(7)], Link=f'<{PATH}?page=2>; rel="next"'))
    assert find(connect(script)).number == 9
    assert script.paths == [f"{PATH}?commit={SHA}&per_page=1"]


def test_no_build_is_none(connect):
    assert find(connect(Script(answer([])))) is None


def test_of_a_branch(connect):
    script = Script(answer([build(9)]))
    assert find(connect(script), branch="main").number == 9
    assert script.paths == [f"{PATH}?branch=main&commit={SHA}&per_page=1"]


@pytest.mark.parametrize("commit", ["", "HEAD", SHA.upper(), SHA[:7], f"{SHA}0", f"{SHA}\n", f"{SHA[:-1]}g"], ids=repr)
def test_a_commit_that_is_not_a_full_sha_is_refused_by_all_lists(connect, commit):
    script = Script(answer([build(9)]))
    builds = connect(script).builds
    for search in (
        lambda: builds.find_by_commit("acme", "web", commit),
        lambda: builds.list("acme", "web", commit=commit),
        lambda: builds.list_for_organization("acme", commit=[SHA, commit]),
        lambda: builds.list_history(commit=commit),
    ):
        with pytest.raises(ValueError, match=r"^commit must be a full SHA, 40 hexadecimal digits in lower case, not "):
            search()
    assert script.requests == []
