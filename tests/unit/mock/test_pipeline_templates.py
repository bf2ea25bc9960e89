"""Pipeline templates, the plainest of collections: what holds for them holds for what `Collection` declares."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import READ_ONLY_TOKEN

from .caller import API

TEMPLATES = "/v2/organizations/acme/pipeline-templates"
BODY = {"name": "New", "configuration": "steps: []\n"}


def test_the_life_of_a_template(api, clock):
    response = api.post(TEMPLATES, json=BODY)
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{TEMPLATES}/{created['uuid']}"
    assert (created["available"], created["description"]) == (False, None)
    assert api.get(created["url"]).json() == created
    assert created in api.get(TEMPLATES).json()
    clock.advance(5)
    changed = api.patch(created["url"], json={"available": True, "description": "Now"}).json()
    later = "2026-03-02T10:00:05.000Z"
    assert changed == {**created, "available": True, "description": "Now", "updated_at": later}
    assert (
        api.get(created["url"].upper().replace(API.upper(), API).replace(TEMPLATES.upper(), TEMPLATES)).json()
        == changed
    )
    gone = api.delete(created["url"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert [api.request(method, created["url"], json={}).status_code for method in ("GET", "PATCH", "DELETE")] == [
        404
    ] * 3
    assert created["uuid"] not in [template["uuid"] for template in api.get(TEMPLATES).json()]


def test_the_list_has_pages(api):
    first = api.get(f"{TEMPLATES}?per_page=2")
    second = api.get(first.links["next"]["url"])
    assert [len(first.json()), len(second.json())] == [2, 1]
    assert "next" not in second.links


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {**BODY, "available": "yes"}, {**BODY, "name": None}])
def test_what_is_wrong_is_refused_and_not_kept(api, body):
    before = api.get(TEMPLATES).json()
    assert api.post(TEMPLATES, json=body).status_code in {400, 422}
    assert api.get(TEMPLATES).json() == before


def test_an_organization_of_somebody_else_has_none(api):
    assert api.get("/v2/organizations/globex/pipeline-templates").status_code == 404


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("PATCH", 403), ("DELETE", 403)])
def test_scopes(api, method, status):
    url = api.get(TEMPLATES).json()[0]["url"]
    reader = api.as_owner_of(READ_ONLY_TOKEN)
    assert reader.request(method, url, json={}).status_code == status
    assert reader.post(TEMPLATES, json=BODY).status_code == 403
