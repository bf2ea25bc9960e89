"""Fields that the spec lacks, and the JSON of responses."""

import copy
import json
import pickle
from typing import Generic, TypeVar

import httpx
import msgspec
import pytest
from tests.unit.client.support import API, build, response
from tests.unit.client.test_options import plain

from buildkite_rest import DecodeError, UnknownVariant, models, to_dict, to_json

JOBS = [{"id": "j", "type": "script", "state": "passed", "gpu": 1}, {"id": "q", "type": "quantum", "gpu": 2}]
BUILD = build(jobs=JOBS, pipeline={"slug": "web", "tier": "gold"}, stars=[5], author="ada", env={"A": "1"})
NONE = r"^this Build has no extra fields\. Pass extra_fields=True to the client, or to from_json or from_dict\.$"


T = TypeVar("T")
ACME = {"id": "1", "slug": "acme", "url": "u", "web_url": "w", "plan": "pro"}


class Own(msgspec.Struct, Generic[T], rename={"item": "theItem"}):
    item: T
    n: int = 0


def check_build(found):
    assert found.extra_fields == {"stars": [5]}
    assert found.pipeline.extra_fields == {"tier": "gold"}
    script, quantum = found.jobs
    assert script.extra_fields == {"gpu": 1}
    assert (type(quantum), quantum.gpu) == (UnknownVariant, 2)
    assert quantum.extra_fields == JOBS[1]


def test_extra_fields_of_an_object_and_in_it(connect):
    client = connect(lambda _: response(BUILD), extra_fields=True)
    found = client.builds.get("acme", "web", 1)
    check_build(found)
    check_build(client.with_options(timeout=1).organization("acme").builds.get("web", 1))
    for same in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert same == found
        check_build(same)
    changed = found.__replace__(state="new")  # by `copy.replace`, of Python 3.13
    assert (changed.state, changed.number, found.state) == ("new", found.number, BUILD["state"])
    check_build(changed)


@pytest.mark.parametrize("body", [[BUILD], [BUILD, {"id": 7, "stars": [5], "pipeline": 3}]], ids=["strict", "lenient"])
def test_extra_fields_of_the_items_of_a_list(connect, body):
    client = connect(lambda _: response(body), extra_fields=True)
    check_build(next(iter(client.builds.list("acme", "web"))))
    assert [each.extra_fields for each in client.builds.list("acme", "web").prefetch(2)] == [{"stars": [5]}] * len(body)


OWN = {
    "struct": (Own[models.Organization], {"theItem": ACME}, lambda found: found.item),
    "structs": (Own[Own[models.Organization]], {"theItem": {"theItem": ACME}}, lambda found: found.item.item),
    "dictionary": (dict[int, models.Organization], {"1": ACME}, lambda found: found[1]),
    "mismatch in a struct": (Own[models.Organization], {"theItem": ACME, "n": "x"}, lambda found: found.item),
}


@pytest.mark.parametrize(("kind", "body", "organization"), OWN.values(), ids=OWN)
def test_extra_fields_in_types_of_the_caller(connect, kind, body, organization):
    client = connect(lambda request: response({"data": body} if request.method == "POST" else body), extra_fields=True)
    for found in (client.request("GET", "/v2/new", type=kind), client.graphql("{ a }", type=kind)):
        assert organization(found).extra_fields == {"plan": "pro"}
        if not isinstance(found, dict):  # with a key that is not a str
            assert '"plan":"pro"' in to_json(found)
    [item] = connect(lambda _: response([body]), extra_fields=True).paginate("/v2/new", type=kind)
    assert organization(item).extra_fields == {"plan": "pro"}


def test_extra_fields_are_kept_on_request(connect):
    client = connect(lambda _: response(BUILD))
    found = client.builds.get("acme", "web", 1)
    with pytest.raises(AttributeError, match=NONE):
        _ = found.extra_fields
    assert "stars" not in to_dict(found)
    with_extra = client.with_options(extra_fields=True)
    check_build(with_extra.builds.get("acme", "web", 1))
    assert found == with_extra.builds.get("acme", "web", 1)  # They do not count.
    assert not hasattr(with_extra.with_options(extra_fields=False).builds.get("acme", "web", 1), "extra_fields")
    assert not hasattr(client.builds.get("acme", "web", 1), "extra_fields")


def two_pages(request):
    number = int(request.url.params.get("page", 1))
    link = {"Link": f'<{API}/v2/builds?page=2>; rel="next"'} if number == 1 else {}
    return response([{**BUILD, "number": number}] * 2, **link)


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_page_has_its_json(connect, ahead):
    pager = connect(two_pages).builds.list("acme", "web", max_items=3)
    pages = list((pager.prefetch(ahead) if ahead else pager).pages())
    assert [[item["number"] for item in page.json()] for page in pages] == [[1, 1], [2, 2]]
    assert (len(pages[1].items), pages[1].json()[0]["stars"]) == (1, [5])
    assert json.loads(pages[0].content) == pages[0].json()
    assert (
        repr(pages[1]) == "HTTPPage(items=[1 item], next_url='https://api.buildkite.com/v2/builds?…', last_page=None)"
    )


def test_a_raw_response_has_its_json(connect):
    client = connect(lambda _: response(BUILD))
    assert client.with_raw_response(plain(client.builds.get), "acme", "web", 1).json() == BUILD
    empty = connect(lambda _: httpx.Response(204))
    with pytest.raises(DecodeError, match=r"^revokeAccessToken: the response is not JSON: it is empty$"):
        empty.with_raw_response(plain(empty.access_token.revoke)).json()
