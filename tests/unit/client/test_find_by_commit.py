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


@pytest.mark.parametrize("commit", [SHA.upper(), "ab" * 32], ids=["upper", "sha-256"])
def test_other_full_shas(connect, commit):
    script = Script(answer([build(9)]))
    assert find(connect(script), commit).number == 9
    assert f"commit={commit.lower()}&" in script.paths[0]


def test_a_commit_is_text(connect):
    with pytest.raises(TypeError, match=r"^commit must be a str, not None$"):
        find(connect(Script(answer([]))), None)


@pytest.mark.parametrize("commit", ["", "HEAD", SHA[:7], SHA[:-1], f"{SHA}0", f"{SHA}\n", f"{SHA[:-1]}g"], ids=repr)
def test_a_commit_that_is_not_a_full_sha_is_refused(connect, commit):
    script = Script(answer([build(9)]))
    with pytest.raises(ValueError, match=r"^commit must be a full SHA, 40 hexadecimal digits, not "):
        find(connect(script), commit)
    assert script.requests == []
